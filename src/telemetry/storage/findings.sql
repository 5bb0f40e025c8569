-- name: events
select time, quantity, flag, delta
from reading_flag
where meter_id = %(meter)s
    and (%(quantity)s = '' or quantity = %(quantity)s)
    and time >= %(lo)s::timestamptz
    and time < %(hi)s::timestamptz
order by time desc, quantity, flag
limit %(limit)s

-- name: conflicts
select time, quantity, standing, offered
from conflict
where meter_id = %(meter)s
    and (%(quantity)s = '' or quantity = %(quantity)s)
    and time >= %(lo)s::timestamptz
    and time < %(hi)s::timestamptz
order by time desc, id desc
limit %(limit)s
