-- name: put
insert into manual_reading (meter_id, time, quantity, value, who, note)
values (
    %(meter_id)s::integer, %(time)s::timestamptz, %(quantity)s::text, %(value)s::double precision, %(who)s::text, %(note)s::text
)
on conflict (meter_id, time, quantity, value, who) do nothing

-- name: select
select meter_id, time, quantity, value, who, note, entered_at
from manual_reading
where meter_id = %(meter)s::integer
    and (%(quantity)s::text = '' or quantity = %(quantity)s::text)
    and time >= %(lo)s::timestamptz
    and time < %(hi)s::timestamptz
order by time, entered_at
limit 1000
