-- Keys of programs. A key is never deleted, only revoked; its secrets are kept as hashes, and two hold side by side while
-- one takes over from the other. Null in areas, meters and sources is no limit, null in per_minute no bound.
create table api_key (
    id integer generated always as identity primary key,
    name text not null,
    roles text[] not null,
    areas text[],
    meters text[],
    sources text[],
    per_minute integer check (per_minute > 0),
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_by text,
    revoked_at timestamptz,
    check ((revoked_at is null) = (revoked_by is null))
);

create unique index api_key_standing on api_key (name) where revoked_at is null;

create table api_key_secret (
    id integer generated always as identity primary key,
    key_id integer not null references api_key,
    digest bytea not null unique,
    created_at timestamptz not null,
    valid_until timestamptz,
    last_used_at timestamptz
);
