-- Closed months and years: rows copied as they stood, never changed again; a re-issue is a row of its own.
create table closed_period (
    id bigint generated always as identity primary key,
    area text not null,
    period text not null,
    first_day date not null,
    last_day date not null check (last_day >= first_day),
    form smallint not null, -- edition of the canonical form
    hash text not null,
    figures jsonb not null,
    closed_by text not null,
    closed_at timestamptz not null,
    replaces bigint unique references closed_period,
    reason text, -- of a re-issue
    check ((replaces is null) = (reason is null))
);

create unique index closed_period_first on closed_period (area, period) where replaces is null;
create index closed_period_days on closed_period (first_day, last_day);

-- The lines of the canonical form, in their order.
create table closed_row (
    period_id bigint not null references closed_period,
    number integer not null,
    content text not null,
    primary key (period_id, number)
);
