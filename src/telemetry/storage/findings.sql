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
select id, time, quantity, standing, offered, (
    select max(c.id)
    from correction c
    where c.conflict_id = conflict.id and c.undone_by is null
) as accepted_by
from conflict
where meter_id = %(meter)s
    and (%(quantity)s = '' or quantity = %(quantity)s)
    and time >= %(lo)s::timestamptz
    and time < %(hi)s::timestamptz
order by time desc, id desc
limit %(limit)s
