-- name: remove
delete from reading_flag f
using unnest(%(meter)s::integer[], %(lo)s::timestamptz[], %(hi)s::timestamptz[]) as range (meter_id, lo, hi)
where f.meter_id = range.meter_id
    and f.quantity = %(quantity)s::text
    and f.flag = any(%(flags)s::text[])
    and f.time >= range.lo
    and f.time < range.hi

-- name: put
insert into reading_flag (meter_id, time, quantity, flag, delta)
select meter_id, time, %(quantity)s::text, flag, delta
from unnest(%(meter)s::integer[], %(time)s::timestamptz[], %(flag)s::text[], %(delta)s::double precision[])
    as found (meter_id, time, flag, delta)
on conflict (meter_id, time, quantity, flag) do nothing

-- name: add
insert into reading_flag (meter_id, time, quantity, flag, delta)
select meter_id, time, quantity, flag, delta
from unnest(
    %(meter)s::integer[], %(time)s::timestamptz[], %(quantity)s::text[], %(flag)s::text[], %(delta)s::double precision[]
)
    as found (meter_id, time, quantity, flag, delta)
on conflict (meter_id, time, quantity, flag) do nothing
