-- name: select
select array_agg(r.meter_id), array_agg(r.time), array_agg(r.batch_id), {standing}
from unnest(%(meters)s::integer[]) as wanted (meter_id)
cross join lateral (
    select *
    from reading
    where reading.meter_id = wanted.meter_id
        and reading.time >= %(lo)s::timestamp at time zone 'UTC'
        and reading.time < %(hi)s::timestamp at time zone 'UTC'
    order by reading.time desc
    limit %(limit)s::bigint
) as r

-- name: anchors
select
    array_agg(range.number),
    array_agg(least(
        coalesce(zero_before.time, before.time, withdrawn_before.time, range.lo),
        case when before.found < %(depth)s::integer then range.told_lo end
    )),
    array_agg(greatest(
        coalesce(zero_after.time, after.time, range.hi),
        case when after.found < %(depth)s::integer then range.told_hi end
    ))
from unnest(
    %(meter)s::integer[], %(lo)s::timestamptz[], %(hi)s::timestamptz[], %(still)s::boolean[],
    %(told_lo)s::timestamptz[], %(told_hi)s::timestamptz[]
)
    with ordinality as range (meter_id, lo, hi, still, told_lo, told_hi, number)
cross join lateral (
    select min(near.time) as time, count(*) as found
    from (
        select r.time
        from reading r
        where r.meter_id = range.meter_id
            and r.time < range.lo
            and r.{column} <> 'NaN'
            and (range.still or r.{column} <> 0)
        order by r.time desc
        limit %(depth)s::integer
    ) as near
) as before
cross join lateral (
    select max(near.time) as time, count(*) as found
    from (
        select r.time
        from reading r
        where r.meter_id = range.meter_id
            and r.time > range.hi
            and r.{column} <> 'NaN'
            and (range.still or r.{column} <> 0)
        order by r.time
        limit %(depth)s::integer
    ) as near
) as after
left join lateral (
    select r.time
    from reading r
    where r.meter_id = range.meter_id
        and r.time < coalesce(before.time, range.lo)
        and r.{column} <> 'NaN'
        and before.found < %(depth)s::integer
    order by r.time desc
    limit 1
) as zero_before on true
left join lateral (
    select r.time
    from reading r
    where r.meter_id = range.meter_id and r.time < range.lo and r.{column} = 'NaN' and before.found = 0
    order by r.time desc
    limit 1
) as withdrawn_before on true
left join lateral (
    select r.time
    from reading r
    where r.meter_id = range.meter_id
        and r.time > coalesce(after.time, range.hi)
        and r.{column} <> 'NaN'
        and after.found < %(depth)s::integer
    order by r.time desc
    limit 1
) as zero_after on true

-- name: series
select r.times, r.values
from unnest(%(meter)s::integer[], %(lo)s::timestamptz[], %(hi)s::timestamptz[])
    with ordinality as range (meter_id, lo, hi, number)
cross join lateral (
    select coalesce(array_agg(reading.time), array[]::timestamptz[]) as times,
        coalesce(array_agg(reading.{column}), array[]::double precision[]) as values
    from reading
    where reading.meter_id = range.meter_id
        and reading.time between range.lo and range.hi
        and reading.{column} is not null
) as r
order by range.number
