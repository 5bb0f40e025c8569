-- name: losing
select array_agg(m.id order by m.id)
from meter m
where exists (select from reading r where r.meter_id = m.id and r.time < %(bound)s::timestamptz)

-- name: remember
insert into expired (meter_id, until)
select * from unnest(%(meters)s::integer[], %(until)s::timestamptz[])
on conflict (meter_id) do update set until = greatest(expired.until, excluded.until)

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

-- name: deliveries
delete from delivery d
where d.created_at < %(before)s::timestamptz
    and d.state in ('sent', 'dead', 'cancelled')
    and not exists (select from alert a where a.id = d.alert and a.resolved is null)

-- name: until
select array_agg(meter_id), array_agg(until)
from expired
where meter_id = any(%(meters)s::integer[])
