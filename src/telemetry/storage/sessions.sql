-- name: put
insert into person_session (digest, person_id, name, origin, browser, created_at, last_used_at)
values (
    %(digest)s::bytea, %(person_id)s::integer, %(name)s::text, %(origin)s::text, %(browser)s::text,
    %(created_at)s::timestamptz, %(last_used_at)s::timestamptz
)

-- name: open
select s.digest, s.person_id, p.name, s.origin, s.browser, s.created_at, s.last_used_at, p.roles, p.areas
from person_session s
join person p on p.id = s.person_id
where s.ended_at is null
    and p.ended_at is null
    and s.last_used_at > %(idle_since)s::timestamptz
    and s.created_at > %(made_since)s::timestamptz
order by s.created_at

-- name: used
update person_session s
set last_used_at = greatest(s.last_used_at, u.at)
from unnest(%(digests)s::bytea[], %(times)s::timestamptz[]) as u (digest, at)
where s.digest = u.digest

-- name: end
update person_session set ended_at = %(now)s::timestamptz where digest = %(digest)s::bytea and ended_at is null

-- name: end_all
update person_session
set ended_at = %(now)s::timestamptz
where person_id = %(person)s::integer and digest <> %(but)s::bytea and ended_at is null

-- name: expire
delete from person_session where created_at < %(before)s::timestamptz
