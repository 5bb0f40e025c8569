-- name: changed_since
select array_agg(r.meter_id), array_agg(r.time), array_agg(r.change), {standing}
from latest r
where r.change > %(change)s::bigint

-- name: times
select array_agg(meter_id), array_agg(time)
from latest

-- name: lock
select pg_advisory_xact_lock(7275, 3)

-- name: copy_newest
copy newest (time, meter_id, batch_id, {columns}) from stdin (format binary)

-- name: upsert
with turn as (select nextval('latest_change') as change)
insert into latest (time, meter_id, batch_id, change, {columns})
select time, meter_id, batch_id, turn.change, {columns}
from newest, turn
on conflict (meter_id) do update set
    time = excluded.time,
    batch_id = excluded.batch_id,
    change = excluded.change,
    {newer}
where excluded.time >= latest.time
    or latest.time > %(ahead)s::timestamptz
    or latest.meter_id = any(%(back)s::integer[])

-- name: repair
with turn as (select nextval('latest_change') as change)
insert into latest (time, meter_id, batch_id, change, {columns})
select time, meter_id, batch_id, turn.change, {read}
from turn, meter m cross join lateral (
    select r.*
    from reading r
    where r.meter_id = m.id
        and r.time <= %(ahead)s::timestamptz
    order by r.time desc
    limit 1
) as newest
on conflict (meter_id) do update set
    time = excluded.time,
    batch_id = excluded.batch_id,
    change = excluded.change,
    {newer}
where excluded.time > latest.time
