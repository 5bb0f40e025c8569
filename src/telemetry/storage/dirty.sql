-- name: mark
insert into dirty (meter_id, stage, lo, hi)
select meter_id, %(stage)s::text, lo, hi
from unnest(%(meter)s::integer[], %(lo)s::timestamptz[], %(hi)s::timestamptz[]) as m (meter_id, lo, hi)

-- name: mark_readings_since
insert into dirty (meter_id, stage, lo, hi)
select %(meter)s::integer, 'energy', min(time), max(time)
from reading
where meter_id = %(meter)s::integer and time >= %(since)s::timestamptz
having min(time) is not null

-- name: mark_energy_since
insert into dirty (meter_id, stage, lo, hi)
select
    %(meter)s::integer,
    'daily',
    greatest(min(day) at time zone 'UTC', %(since)s::timestamptz),
    (max(day) + 1) at time zone 'UTC'
from energy
where meter_id = %(meter)s::integer and day >= (%(since)s::timestamptz at time zone 'UTC')::date
having count(*) > 0

-- name: mark_all_energy
insert into dirty (meter_id, stage, lo, hi)
select meter_id, 'daily', min(day) at time zone 'UTC', (max(day) + 1) at time zone 'UTC'
from energy
group by meter_id

-- name: mark_newest
insert into dirty (meter_id, stage, lo, hi)
select l.meter_id, 'energy', l.time, l.time
from latest l
where l.time >= %(since)s::timestamptz and l.time < %(until)s::timestamptz
union all
select l.meter_id, 'energy', replaced.time, replaced.time
from latest l
join meter m on m.id = l.meter_id
cross join lateral (
    select timestamptz 'epoch' + (r ->> 'us')::bigint * interval '1 microsecond' as time
    from jsonb_array_elements(m.replacements) as r
) as replaced
where replaced.time > l.time and replaced.time >= %(since)s::timestamptz and replaced.time < %(until)s::timestamptz

-- name: waiting
select coalesce(array_agg(meter_id order by first), array[]::integer[]), coalesce(array_agg(days order by first), array[]::integer[])
from (
    select meter_id, min(id) as first, sum(1 + least(extract(epoch from hi - lo) / 86400, 40))::integer as days
    from dirty
    where stage = %(stage)s::text
        and (hi - lo > interval '40 days') = %(long)s::boolean
        and not meter_id = any(%(without)s::integer[])
    group by meter_id
    order by min(id)
    limit %(limit)s::integer
) as longest

-- name: lock
select coalesce(array_agg(meter_id), array[]::integer[])
from unnest(%(meters)s::integer[]) as candidate (meter_id)
where pg_try_advisory_xact_lock(7276, meter_id)

-- name: remove
with gone as (
    delete from dirty
    where stage = %(stage)s::text
        and (hi - lo > interval '40 days') = %(long)s::boolean
        and meter_id = any(%(meters)s::integer[])
    returning meter_id, lo, hi, marked_at
),
parts as (
    select
        meter_id, lo,
        case
            when %(long)s::boolean
                then (date_trunc('month', lo at time zone %(zone)s::text) + interval '1 month') at time zone %(zone)s::text
            else hi
        end as cut,
        hi, marked_at
    from gone
),
later as (
    insert into dirty (meter_id, stage, lo, hi, marked_at)
    select meter_id, %(stage)s::text, coalesce(shown, cut), hi, marked_at
    from parts
    left join lateral (
        select r.time as shown
        from reading r
        where %(stage)s::text = 'energy' and r.meter_id = parts.meter_id and r.time >= cut and r.time <= hi
        order by r.time
        limit 1
    ) as next on cut < hi
    where cut < hi
)
select array_agg(meter_id order by meter_id, lo), array_agg(lo order by meter_id, lo), array_agg(cut order by meter_id, lo)
from parts
