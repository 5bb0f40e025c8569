-- What became of alerts. One worker evaluates, for as long as its lease goes; `evaluated_at` is the last moment that was judged.
create table alert_evaluation (
    one boolean primary key default true check (one),
    holder text,
    leased_until timestamptz,
    evaluated_at timestamptz
);

insert into alert_evaluation default values;

-- Every change of every alert, never changed and never deleted; `id` is the same whenever a change is told.
create table alert_transition (
    number bigint generated always as identity primary key,
    id text not null unique,
    alert text not null,
    rule text not null,
    subject_kind text not null,
    subject text not null,
    what text not null,
    at timestamptz not null,
    since timestamptz not null,
    fired timestamptz not null,
    severity text not null,
    stage smallint not null,
    value double precision,
    limit_value double precision,
    unit text not null,
    flapping boolean not null,
    corrected boolean not null,
    quiet text not null,
    band text not null,
    by text not null,
    note text not null,
    more jsonb not null,
    recorded_at timestamptz not null default now()
);

create index alert_transition_alert on alert_transition (alert, number);
create index alert_transition_at on alert_transition (at);

-- Each alert as its last change left it.
create table alert (
    id text primary key,
    rule text not null,
    subject_kind text not null,
    subject text not null,
    severity text not null,
    stage smallint not null,
    since timestamptz not null,
    fired timestamptz not null,
    resolved timestamptz,
    value double precision,
    limit_value double precision,
    unit text not null,
    flapping boolean not null,
    corrected boolean not null,
    quiet text not null,
    told boolean not null,
    band text not null,
    more jsonb not null,
    acknowledged timestamptz,
    acknowledged_by text,
    last_change bigint not null
);

create index alert_open on alert (rule, subject_kind, subject) where resolved is null;
create index alert_fired on alert (fired);
