-- When nobody is to be told of which alerts: never deleted, only ended.
create table alert_silence (
    id bigint generated always as identity primary key,
    maintenance boolean not null,
    begins timestamptz not null,
    ends timestamptz not null,
    rules text[] not null,
    meters text[] not null,
    areas text[] not null,
    sources text[] not null,
    reason text not null,
    made_by text not null,
    made_at timestamptz not null,
    ended_by text,
    ended_at timestamptz,
    check (begins < ends),
    check ((ended_at is null) = (ended_by is null))
);

-- Rules of alerts that people put beside those of files, each edition of them; the newest of a code holds, null: none does.
create table alert_rule (
    number bigint generated always as identity primary key,
    code text not null,
    document jsonb,
    put_by text not null,
    put_at timestamptz not null,
    reason text not null
);

create index alert_rule_code on alert_rule (code, number desc);
