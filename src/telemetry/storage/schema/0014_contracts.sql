-- Contracts and supplier rates: what bought electricity is rated by, market-based, where the document says it.
alter table record drop constraint record_sort_check;
alter table record add constraint record_sort_check
    check (sort in ('activity', 'certificate', 'production', 'contract', 'supplier_rate'));
alter table record add column factor double precision check (factor >= 0);
alter table record add column factor_unit text; -- mass of a gas per energy: kgCO2/kWh
alter table record add column source text; -- where the factor is written
alter table record add column edition text;
alter table record add column published date;
