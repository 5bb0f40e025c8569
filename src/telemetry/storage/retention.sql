-- name: remember
with losing as (
    select m.id
    from meter m
    where exists (select from reading r where r.meter_id = m.id and r.time < %(bound)s::timestamptz)
)
insert into expired (meter_id, until)
select
    losing.id,
    date_bin('15 minutes', coalesce(settled.time, newest.time, %(bound)s::timestamptz) + interval '899.999999 s', 'epoch')
from losing
left join lateral (
    select r.time
    from reading r
    where r.meter_id = losing.id and r.time >= %(bound)s::timestamptz
    order by r.time
    offset %(depth)s::integer
    limit 1
) as settled on true
left join lateral (
    select r.time
    from reading r
    where r.meter_id = losing.id and r.time >= %(bound)s::timestamptz
    order by r.time desc
    limit 1
) as newest on true
on conflict (meter_id) do update set until = greatest(expired.until, excluded.until)
returning meter_id

-- name: lock
select pg_advisory_xact_lock(7276, %(meter)s::integer)

-- name: remove
delete from reading r
using (
    select time
    from reading
    where meter_id = %(meter)s::integer and time < %(bound)s::timestamptz
    order by time
    limit %(limit)s::integer
) as old
where r.meter_id = %(meter)s::integer and r.time = old.time and r.time < %(bound)s::timestamptz

-- name: batches
delete from batch b
where b.received_at < %(bound)s::timestamptz - interval '1 day'
    and not exists (select from conflict c where c.batch_id = b.id)

-- name: conflicts
delete from conflict
where seen_at < %(before)s::timestamptz

-- name: strays
delete from stray
where received_at < %(before)s::timestamptz

-- name: until
select array_agg(meter_id), array_agg(until)
from expired
where meter_id = any(%(meters)s::integer[])
