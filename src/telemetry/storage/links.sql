-- name: spend_others
update person_link
set spent_at = %(now)s::timestamptz
where person_id is not distinct from %(person)s::integer and spent_at is null

-- name: put
insert into person_link (digest, person_id, name, created_by, created_at, expires_at)
values (
    %(digest)s::bytea, %(person_id)s::integer, %(name)s::text, %(created_by)s::text, %(created_at)s::timestamptz,
    %(expires_at)s::timestamptz
)

-- name: good
select l.digest, l.person_id, coalesce(p.name, l.name) as name, l.created_by, l.created_at, l.expires_at
from person_link l
left join person p on p.id = l.person_id
where l.digest = %(digest)s::bytea and l.spent_at is null and l.expires_at > %(now)s::timestamptz and p.ended_at is null

-- name: spend
update person_link set spent_at = %(now)s::timestamptz where digest = %(digest)s::bytea and spent_at is null
