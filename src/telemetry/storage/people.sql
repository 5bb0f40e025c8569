-- name: lock
select pg_advisory_xact_lock(7275, 12)

-- name: listed
select id, name, roles, areas, issuer, subject, created_by, created_at, password_at, totp_at, ended_by, ended_at
from person
order by id

-- name: anybody
select exists (select from person where ended_at is null)

-- name: named
select id, name, roles, areas, issuer, subject, created_by, created_at, password_at, totp_at, ended_by, ended_at
from person
where lower(name) = lower(%(name)s::text) and ended_at is null

-- name: numbered
select id, name, roles, areas, issuer, subject, created_by, created_at, password_at, totp_at, ended_by, ended_at
from person
where id = %(person)s::integer

-- name: vouched
select id, name, roles, areas, issuer, subject, created_by, created_at, password_at, totp_at, ended_by, ended_at
from person
where issuer = %(issuer)s::text and subject = %(subject)s::text and ended_at is null

-- name: vouch
update person
set issuer = %(issuer)s::text, subject = %(subject)s::text
where id = %(person)s::integer and ended_at is null

-- name: secrets
select person_id, password, totp, totp_step, totp_begun
from person_secret
where person_id = %(person)s::integer

-- name: put
insert into person (name, roles, areas, issuer, subject, created_by, created_at)
values (
    %(name)s::text, %(roles)s::text[], %(areas)s::text[], %(issuer)s::text, %(subject)s::text, %(created_by)s::text,
    %(created_at)s::timestamptz
)
on conflict do nothing
returning id

-- name: change
update person
set roles = %(roles)s::text[], areas = %(areas)s::text[]
where id = %(person)s::integer and ended_at is null

-- name: end
update person
set ended_by = %(who)s::text, ended_at = %(now)s::timestamptz
where id = %(person)s::integer and ended_at is null

-- name: put_password
insert into person_secret (person_id, password)
values (%(person)s::integer, %(password)s::text)
on conflict (person_id) do update set password = excluded.password

-- name: password_set
update person set password_at = %(now)s::timestamptz where id = %(person)s::integer

-- name: forget
delete from person_secret where person_id = %(person)s::integer

-- name: voided
update person set password_at = null, totp_at = null where id = %(person)s::integer

-- name: begin_totp
insert into person_secret (person_id, totp_begun)
values (%(person)s::integer, %(totp)s::text)
on conflict (person_id) do update set totp_begun = excluded.totp_begun

-- name: put_totp
update person_secret
set totp = %(totp)s::text, totp_step = %(step)s::bigint, totp_begun = null
where person_id = %(person)s::integer

-- name: totp_set
update person set totp_at = %(now)s::timestamptz where id = %(person)s::integer

-- name: use_step
update person_secret
set totp_step = %(step)s::bigint
where person_id = %(person)s::integer and (totp_step is null or totp_step < %(step)s::bigint)
