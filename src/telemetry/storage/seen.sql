-- name: all
select meter_id, quantity, moved
from seen

-- name: of_meters
select meter_id, quantity, moved
from seen
where meter_id = any(%(meters)s::integer[])

-- name: put
insert into seen (meter_id, quantity, moved)
select *
from unnest(%(meter)s::integer[], %(quantity)s::text[], %(moved)s::boolean[])
on conflict (meter_id, quantity) do update set moved = true
where excluded.moved and not seen.moved
