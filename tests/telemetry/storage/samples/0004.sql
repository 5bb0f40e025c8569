insert into monthly_emission (
    meter_id, quantity, month, basis, gas, revision, scope, factor, kg, days, measured, first_day, last_day
) values
    (1, 'energy_import', '2026-04-01', 'location', 'CO2', 'reported', 2, 'gd.2023', 1, 1, 1, '2026-04-02', '2026-04-02');
insert into monthly (meter_id, quantity, month, amount, days, measured) values (1, 'energy_import', '2026-04-01', 2, 1, 1);
