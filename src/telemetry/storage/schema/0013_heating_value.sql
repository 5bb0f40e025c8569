-- A net calorific value that was measured, in GJ per unit of the activity; null: as tabulated.
alter table record add column heating_value double precision check (heating_value > 0);
