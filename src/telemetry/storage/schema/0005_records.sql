-- What meters cannot tell: activities, certificates and production, each with the document it stands in. A row is
-- never changed and never deleted, only withdrawn with a reason; `key` says when two rows tell of the same thing.
create table record (
    id bigint generated always as identity primary key,
    sort text not null check (sort in ('activity', 'certificate', 'production')),
    key text not null,
    area text not null,
    name text not null, -- kind of an activity, product, technology of a certificate
    first_day date not null,
    last_day date not null check (last_day >= first_day),
    amount double precision not null check (amount >= 0),
    unit text not null,
    document text not null, -- of a certificate: its number in the registry
    generator text,
    vintage text,
    note text not null,
    posted_by text not null,
    posted_at timestamptz not null,
    withdrawn_by text,
    withdrawn_at timestamptz,
    withdrawn_because text,
    check ((withdrawn_at is null) = (withdrawn_by is null) and (withdrawn_at is null) = (withdrawn_because is null))
);

create unique index record_standing on record (sort, key) where withdrawn_at is null;
create index record_key on record (sort, key);
create index record_days on record (first_day, last_day);

-- Activities whose emissions have to be reckoned anew; append-only, taken by the settling worker.
create table dirty_record (
    id bigint generated always as identity primary key,
    record_id bigint not null references record,
    marked_at timestamptz not null default now()
);

-- What an activity emitted, by gas and run of days that have one factor; `evidence` says which and why.
create table record_emission (
    record_id bigint not null references record,
    revision text not null check (revision in ('reported', 'current')),
    gas text not null,
    first_day date not null,
    last_day date not null,
    scope smallint not null,
    amount double precision not null,
    kg double precision,
    factor text,
    shortfall text,
    evidence jsonb,
    settled_at timestamptz not null,
    primary key (record_id, revision, gas, first_day)
);
