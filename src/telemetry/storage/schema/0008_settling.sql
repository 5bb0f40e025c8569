-- What workers have settled in the last hour: how fast the marks that wait are worked off.
create table settling (
    at timestamptz not null default clock_timestamp(),
    stage text not null check (stage in ('energy', 'daily')),
    days integer not null -- of all meters together
);

create index settling_at on settling (at);
