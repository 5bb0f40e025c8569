-- Virtual meters: reckoned by a dated formula from others' settled quantities, read nowhere.
alter table meter alter column source drop not null;
alter table meter_term add column formula jsonb; -- formula by quantity

-- From when to when a virtual meter is reckoned from another: its quarter hours change with the other's.
create table formula_term (
    meter_id integer not null references meter,
    term_id integer not null references meter,
    quantity text not null, -- of the other
    since timestamptz not null,
    until timestamptz not null
);

create index formula_term_by_term on formula_term (term_id, quantity);
