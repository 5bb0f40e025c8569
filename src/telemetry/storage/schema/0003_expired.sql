-- Readings of a meter before `until` are gone: what was settled from them stays as it is.
create table expired (
    meter_id integer primary key references meter,
    until timestamptz not null
);
