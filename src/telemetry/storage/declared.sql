-- name: put
insert into declared_day (list, day, source, declared_by, declared_at)
select %(list)s::text, day, %(source)s::text, %(who)s::text, %(now)s::timestamptz
from unnest(%(days)s::date[]) as day
on conflict (list, day) where withdrawn_at is null do nothing

-- name: withdraw
update declared_day
set withdrawn_by = %(who)s::text, withdrawn_at = %(now)s::timestamptz, withdrawn_because = %(reason)s::text
where id = %(id)s::bigint and withdrawn_at is null

-- name: listed
select id, list, day, source, declared_by, declared_at, withdrawn_by, withdrawn_at, withdrawn_because
from declared_day
where %(withdrawn)s::boolean or withdrawn_at is null
order by list, day, id
