-- name: put
insert into alert_rule (code, document, put_by, put_at, reason, owner)
values (
    %(code)s::text, %(document)s::jsonb, %(who)s::text, %(now)s::timestamptz, %(reason)s::text, %(owner)s::text[]
)

-- name: lock
select pg_advisory_xact_lock(7275, hashtext('alert_rule ' || %(code)s::text))

-- name: standing
select document, owner
from (
    select distinct on (code) code, document, owner
    from alert_rule
    order by code, number desc
) as newest
where document is not null
order by code

-- name: evaluated
with newest as (
    select distinct on (code) code, document, owner, put_at
    from alert_rule
    order by code, number desc
),
held as materialized (
    select o.owner, array_agg(m.code order by m.code) as meters
    from (select distinct owner from newest where document is not null and owner is not null) as o
    cross join lateral tenant.resolve(o.owner) as r
    join meter m on m.id = r.meter_id
    where now() <@ r.spans
    group by o.owner
)
select n.document, n.owner, h.meters
from newest n
left join held h on h.owner = n.owner
where n.document is not null and (n.owner is null or h.meters is not null and tenant.held_since(n.owner, n.put_at))
order by n.code

-- name: last
select document, owner
from alert_rule
where code = %(code)s::text and document is not null
order by number desc
limit 1

-- name: history
select number, code, document, put_by, put_at, reason, owner
from alert_rule
where code = %(code)s::text
order by number desc
