-- What makes a gas meter's volume at actual conditions one at 0 degC, as the site's file declares it; null: nothing is declared.
alter table meter add column gas jsonb;
