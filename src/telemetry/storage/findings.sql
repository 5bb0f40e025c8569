-- name: events
select time, quantity, flag
from reading_flag
where meter_id = %(meter)s
order by time desc, quantity, flag
limit %(limit)s

-- name: conflicts
select time, quantity, standing, offered
from conflict
where meter_id = %(meter)s
order by time desc, id desc
limit %(limit)s
