-- name: by_index
do $$
begin
    set local enable_hashjoin to off;
    set local enable_mergejoin to off;
    set local enable_seqscan to off;
end $$

-- name: look
select array_agg(key.number), {stood}
from unnest(%(meter)s::integer[], %(time)s::timestamptz[]) with ordinality as key (meter_id, time, number)
join reading r on r.meter_id = key.meter_id and r.time = key.time
where r.time between %(lo)s::timestamptz and %(hi)s::timestamptz

-- name: batches
insert into batch (source, edition, row_count)
select source, nullif(edition, ''), rows
from unnest(%(source)s::text[], %(edition)s::text[], %(rows)s::integer[]) as b (source, edition, rows)
returning source, edition, id

-- name: copy
copy reading (time, meter_id, batch_id, {columns}) from stdin (format binary)

-- name: complete
with done as (
    update reading r
    set {completed}
    from unnest(%(meter)s::integer[], %(time)s::timestamptz[], {offered}) with ordinality
        as i (meter_id, time, {columns}, number)
    where r.meter_id = i.meter_id
        and r.time = i.time
        and r.time between %(lo)s::timestamptz and %(hi)s::timestamptz
        and {vacant}
    returning i.number
)
select array_agg(number)
from done

-- name: conflicts
insert into conflict (meter_id, time, quantity, standing, offered, batch_id)
select *
from unnest(
    %(meter)s::integer[], %(time)s::timestamptz[], %(quantity)s::text[], %(standing)s::double precision[],
    %(offered)s::double precision[], %(batch)s::bigint[]
)
on conflict (meter_id, time, quantity, offered) do nothing
