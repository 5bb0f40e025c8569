-- Hourly grid factors as they were posted: never changed and never deleted, only withdrawn with a reason.
create table hourly_series (
    id bigint generated always as identity primary key,
    region text not null,
    edition text not null,
    source text not null,
    hours bigint[] not null, -- ascending, since 1970-01-01 UTC
    kg double precision[] not null, -- [kgCO2/kWh]
    first_hour bigint not null,
    last_hour bigint not null check (last_hour >= first_hour),
    posted_by text not null,
    posted_at timestamptz not null,
    withdrawn_by text,
    withdrawn_at timestamptz,
    withdrawn_because text,
    check (cardinality(hours) = cardinality(kg)),
    check ((withdrawn_at is null) = (withdrawn_by is null) and (withdrawn_at is null) = (withdrawn_because is null))
);

create index hourly_series_span on hourly_series (first_hour, last_hour) where withdrawn_at is null;
