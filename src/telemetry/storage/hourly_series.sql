-- name: lock
select pg_advisory_xact_lock(7275, 5)

-- name: put
insert into hourly_series (region, edition, source, hours, kg, first_hour, last_hour, posted_by, posted_at)
values (
    %(region)s::text, %(edition)s::text, %(source)s::text, %(hours)s::bigint[], %(kg)s::double precision[],
    %(first)s::bigint, %(last)s::bigint, %(who)s::text, %(now)s::timestamptz
)
returning id

-- name: withdraw
update hourly_series
set withdrawn_by = %(who)s::text, withdrawn_at = %(now)s::timestamptz, withdrawn_because = %(reason)s::text
where id = %(id)s::bigint and withdrawn_at is null

-- name: one
select id, region, edition, source, hours, kg, posted_by, posted_at, withdrawn_by, withdrawn_at, withdrawn_because
from hourly_series
where id = %(id)s::bigint

-- name: listed
select id, region, edition, source, hours, kg, posted_by, posted_at, withdrawn_by, withdrawn_at, withdrawn_because
from hourly_series
where first_hour <= %(last)s::bigint
    and last_hour >= %(first)s::bigint
    and (%(region)s::text is null or region = %(region)s::text)
    and (%(withdrawn)s::boolean or withdrawn_at is null)
order by region, first_hour, id
