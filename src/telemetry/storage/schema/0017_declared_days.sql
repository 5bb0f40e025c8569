-- Days announced one by one for a list of a tariff, such as hot ones: never deleted, only withdrawn with a reason.
create table declared_day (
    id bigint generated always as identity primary key,
    list text not null,
    day date not null,
    source text not null,
    declared_by text not null,
    declared_at timestamptz not null,
    withdrawn_by text,
    withdrawn_at timestamptz,
    withdrawn_because text,
    check ((withdrawn_at is null) = (withdrawn_by is null) and (withdrawn_at is null) = (withdrawn_because is null))
);

create unique index declared_day_standing on declared_day (list, day) where withdrawn_at is null;
