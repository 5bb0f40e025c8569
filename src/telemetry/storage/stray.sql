-- name: put
insert into stray (source, unmapped, measurement, meter, time, values)
select
    %(source)s::text,
    %(unmapped)s::boolean,
    %(measurement)s::text,
    s.meter,
    s.time,
    coalesce(jsonb_object_agg(v.key, v.value order by s.place desc) filter (where v.key is not null), jsonb_build_object())
from unnest(%(meter)s::text[], %(time)s::timestamptz[], %(values)s::jsonb[])
    with ordinality as s (meter, time, values, place)
left join lateral jsonb_each(s.values) as v on true
group by s.meter, s.time
order by s.meter, s.time
on conflict (source, meter, time, measurement, unmapped) where not aside
    do update set values = excluded.values || stray.values
    where not stray.values @> excluded.values

-- name: put_aside
insert into stray (source, unmapped, measurement, meter, time, values, aside)
select distinct
    first.source,
    first.unmapped,
    first.measurement,
    first.meter,
    first.time,
    jsonb_build_object(v.key, v.value),
    true
from unnest(%(meter)s::text[], %(time)s::timestamptz[], %(values)s::jsonb[]) as s (meter, time, values)
join stray first
    on first.source = %(source)s::text
    and first.meter = s.meter
    and first.time = s.time
    and first.measurement is not distinct from %(measurement)s::text
    and first.unmapped = %(unmapped)s::boolean
    and not first.aside
cross join lateral jsonb_each(s.values) v
where first.values -> v.key <> v.value
on conflict do nothing

-- name: declared
select s.id, s.source, s.meter, (extract(epoch from s.time) * 1000000)::bigint as time, s.values
from stray s
join meter m on m.code = s.meter and m.removed_at is null and m.source is not null
where s.measurement is null
order by s.aside, s.id
limit %(limit)s

-- name: addressed
with found as (
    select s.id, m.code
    from stray s
    join meter m on s.meter = '@' || coalesce(m.address, m.code) and s.source = m.source and m.removed_at is null
    where s.unmapped
    order by s.id
    limit %(limit)s
), taken as (
    delete from stray s using (select distinct id from found) f where s.id = f.id returning s.*
), placed as (
    insert into stray (source, unmapped, measurement, meter, time, values, received_at)
    select t.source, true, t.measurement, f.code, t.time, t.values, t.received_at
    from taken t
    join found f using (id)
    where not t.aside
    on conflict (source, meter, time, measurement, unmapped) where not aside
        do update set values = excluded.values || stray.values
), other as (
    insert into stray (source, unmapped, measurement, meter, time, values, received_at, aside)
    select t.source, true, t.measurement, f.code, t.time, t.values, t.received_at, true
    from taken t
    join found f using (id)
    where t.aside
    on conflict do nothing
)
select count(*) from taken

-- name: names
select distinct s.source, s.measurement, name, case when s.unmapped then coalesce(m.device, '') end as device
from stray s
join meter m on m.code = s.meter and m.removed_at is null and m.source is not null
cross join lateral jsonb_object_keys(s.values) name
where s.measurement is not null
limit 100000

-- name: named
select
    s.id,
    s.source,
    s.meter,
    (extract(epoch from s.time) * 1000000)::bigint as time,
    jsonb_build_object(n.name, s.values -> n.name) as values,
    n.place
from stray s
join meter m on m.code = s.meter and m.removed_at is null and m.source is not null
join unnest(%(source)s::text[], %(measurement)s::text[], %(name)s::text[], %(device)s::text[])
    with ordinality as n (source, measurement, name, device, place)
    on n.source = s.source
    and n.measurement = s.measurement
    and s.values ? n.name
    and n.device is not distinct from case when s.unmapped then coalesce(m.device, '') end
order by s.aside, s.id
limit %(limit)s

-- name: forget
delete from stray s
using unnest(%(ids)s::bigint[], %(values)s::jsonb[]) as taken (id, values)
where s.id = taken.id and s.values = taken.values

-- name: forget_whole
delete from stray s
using (
    select id, array_agg(name) as names
    from unnest(%(ids)s::bigint[], %(names)s::text[]) as t (id, name)
    group by id
) taken
where s.id = taken.id and s.values - taken.names = jsonb_build_object()

-- name: forget_part
update stray s
set values = s.values - taken.names
from (
    select id, array_agg(name) as names
    from unnest(%(ids)s::bigint[], %(names)s::text[]) as t (id, name)
    group by id
) taken
where s.id = taken.id

-- name: trim
delete from stray
where (measurement is not null) = %(unnamed)s::boolean
    and unmapped = %(unmapped)s::boolean
    and starts_with(meter, '@') = %(addressed)s::boolean
    and id <= (
        select id
        from stray
        where (measurement is not null) = %(unnamed)s::boolean
            and unmapped = %(unmapped)s::boolean
            and starts_with(meter, '@') = %(addressed)s::boolean
        order by id desc
        offset %(most)s::bigint
        limit 1
    )

-- name: listed
select
    source,
    meter,
    rows,
    conflicts,
    first,
    last,
    received,
    (
        select newest.values
        from stray newest
        where newest.source = s.source
            and newest.meter = s.meter
            and newest.time = s.last
            and newest.measurement is null
            and not newest.aside
    ) as values
from (
    select
        source,
        meter,
        count(*) filter (where not aside) as rows,
        count(*) filter (where aside) as conflicts,
        min(time) as first,
        max(time) as last,
        max(received_at) as received
    from stray
    where measurement is null
    group by source, meter
) s
where %(received)s::timestamptz is null
    or received < %(received)s::timestamptz
    or received = %(received)s::timestamptz and array[source, meter] > %(words)s::text[]
order by received desc, source, meter
limit %(limit)s

-- name: listed_names
select
    s.source,
    s.meter,
    s.measurement,
    v.key as name,
    count(*) as rows,
    min(s.time) as first,
    max(s.time) as last,
    max(s.received_at) as received,
    (array_agg(v.value order by s.time desc))[1]::double precision as value
from stray s
cross join lateral jsonb_each(s.values) v
where s.measurement is not null and not s.aside and s.unmapped = %(unmapped)s::boolean
group by s.source, s.meter, s.measurement, v.key
having %(received)s::timestamptz is null
    or max(s.received_at) < %(received)s::timestamptz
    or max(s.received_at) = %(received)s::timestamptz
        and array[s.source, s.meter, s.measurement, v.key] > %(words)s::text[]
order by received desc, s.source, s.meter, s.measurement, v.key
limit %(limit)s
