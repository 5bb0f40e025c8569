-- name: put
insert into stray (source, meter, time, values)
select %(source)s::text, meter, time, values
from unnest(%(meter)s::text[], %(time)s::timestamptz[], %(values)s::jsonb[]) as s (meter, time, values)
order by meter, time
on conflict (source, meter, time) do nothing

-- name: listed
select
    source,
    meter,
    rows,
    first,
    last,
    received,
    (
        select newest.values
        from stray newest
        where newest.source = s.source and newest.meter = s.meter and newest.time = s.last
    ) as values
from (
    select
        source,
        meter,
        count(*) as rows,
        min(time) as first,
        max(time) as last,
        max(received_at) as received
    from stray
    group by source, meter
) s
order by received desc, source, meter
limit %(limit)s
