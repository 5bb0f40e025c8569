-- name: put
insert into stray (source, meter, time, values)
select
    %(source)s::text,
    s.meter,
    s.time,
    coalesce(jsonb_object_agg(v.key, v.value order by s.place desc) filter (where v.key is not null), jsonb_build_object())
from unnest(%(meter)s::text[], %(time)s::timestamptz[], %(values)s::jsonb[])
    with ordinality as s (meter, time, values, place)
left join lateral jsonb_each(s.values) as v on true
group by s.meter, s.time
order by s.meter, s.time
on conflict (source, meter, time) do update set values = excluded.values || stray.values
where not stray.values @> excluded.values

-- name: declared
select s.id, s.source, s.meter, (extract(epoch from s.time) * 1000000)::bigint as time, s.values
from stray s
join meter m on m.code = s.meter and m.removed_at is null
order by s.id
limit %(limit)s

-- name: forget
delete from stray s
using unnest(%(ids)s::bigint[], %(values)s::jsonb[]) as taken (id, values)
where s.id = taken.id and s.values = taken.values

-- name: trim
delete from stray
where id <= (select id from stray order by id desc offset %(most)s::bigint limit 1)

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
