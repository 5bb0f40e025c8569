-- name: lock
select pg_advisory_xact_lock(7275, 13)

-- name: listed
select id, name, roles, areas, meters, sources, per_minute, created_by, created_at, expires_at, revoked_by, revoked_at
from api_key
order by id

-- name: secrets
select id, key_id, digest, created_at, valid_until, last_used_at
from api_key_secret
order by id

-- name: put
insert into api_key (name, roles, areas, meters, sources, per_minute, created_by, created_at, expires_at)
values (
    %(name)s::text, %(roles)s::text[], %(areas)s::text[], %(meters)s::text[], %(sources)s::text[], %(per_minute)s::integer,
    %(created_by)s::text, %(created_at)s::timestamptz, %(expires_at)s::timestamptz
)
on conflict (name) where revoked_at is null do nothing
returning id

-- name: put_secret
insert into api_key_secret (key_id, digest, created_at)
values (%(key)s::integer, %(digest)s::bytea, %(now)s::timestamptz)
on conflict (digest) do nothing

-- name: end_secrets
update api_key_secret
set valid_until = least(valid_until, %(until)s::timestamptz)
where key_id = %(key)s::integer and digest <> %(but)s::bytea

-- name: revoke
update api_key
set revoked_by = %(who)s::text, revoked_at = %(now)s::timestamptz
where id = %(key)s::integer and revoked_at is null

-- name: used
update api_key_secret s
set last_used_at = greatest(s.last_used_at, u.at)
from unnest(%(ids)s::integer[], %(times)s::timestamptz[]) as u (id, at)
where s.id = u.id
