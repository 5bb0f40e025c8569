-- People, and apart from them what must not be in the audit log: their secrets, and how often somebody tried to guess them.
-- A person is never deleted, only ended. Null in areas is the whole park. Issuer and subject name whom a provider vouches for.
create table person (
    id integer generated always as identity primary key,
    name text not null check (name = btrim(name) and name <> ''),
    roles text[] not null,
    areas text[],
    issuer text,
    subject text,
    created_by text not null,
    created_at timestamptz not null,
    password_at timestamptz,
    totp_at timestamptz,
    ended_by text,
    ended_at timestamptz,
    check ((ended_at is null) = (ended_by is null)),
    check ((issuer is null) = (subject is null))
);

create unique index person_standing on person (lower(name)) where ended_at is null;
create unique index person_vouched on person (issuer, subject) where ended_at is null;

create table person_secret (
    person_id integer primary key references person,
    password text,
    totp text,
    totp_step bigint,
    totp_begun text
);

create table person_session (
    digest bytea primary key,
    person_id integer not null references person,
    name text not null,
    origin text not null,
    browser text not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    ended_at timestamptz
);

create index person_session_open on person_session (person_id) where ended_at is null;

-- A link that lets in once, to set a password: for the person named, or where there is none for the first of all.
create table person_link (
    digest bytea primary key,
    person_id integer references person,
    name text not null,
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    spent_at timestamptz
);

create table sign_in_attempt (
    name text primary key,
    tries integer not null,
    last_at timestamptz not null,
    locked_until timestamptz
);

create constraint trigger audited after insert or update or delete on person deferrable initially deferred
for each row execute function audit_change('name');
create constraint trigger audited after insert or update on person_session deferrable initially deferred
for each row execute function audit_change('name');
create constraint trigger audited after insert or update on person_link deferrable initially deferred
for each row execute function audit_change('name');
