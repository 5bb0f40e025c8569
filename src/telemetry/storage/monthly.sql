-- name: remove
delete from monthly m
using unnest(%(meter_id)s::integer[], %(quantity)s::text[], %(month)s::date[]) as key (meter_id, quantity, month)
where m.meter_id = key.meter_id and m.quantity = key.quantity and m.month = key.month

-- name: remove_emission
delete from monthly_emission m
using unnest(%(meter_id)s::integer[], %(quantity)s::text[], %(month)s::date[]) as key (meter_id, quantity, month)
where m.meter_id = key.meter_id and m.quantity = key.quantity and m.month = key.month

-- name: put
insert into monthly (meter_id, quantity, month, amount, days, measured)
select key.meter_id, key.quantity, key.month, found.*
from unnest(%(meter_id)s::integer[], %(quantity)s::text[], %(month)s::date[]) as key (meter_id, quantity, month)
cross join lateral (
    select sum(d.amount), count(*) as days, sum(d.coverage::double precision)
    from daily d
    where d.meter_id = key.meter_id
        and d.quantity = key.quantity
        and d.day >= key.month
        and d.day < (key.month + interval '1 month')::date
) as found
where found.days > 0

-- name: put_emission
insert into monthly_emission (
    meter_id, quantity, month, basis, gas, revision, scope, factor, shortfall, kg, days, measured, first_day, last_day
)
select
    key.meter_id, key.quantity, key.month, found.basis, found.gas, found.revision, found.scope, found.factor,
    found.shortfall, found.kg, found.known,
    case
        when cardinality(found.days) = m.days then m.measured -- all days of the month: what is added up already
        else (
            select coalesce(sum(d.coverage::double precision), 0)
            from daily d
            where d.meter_id = key.meter_id and d.quantity = key.quantity and d.day = any(found.days)
        )
    end,
    found.first_day, found.last_day
from unnest(%(meter_id)s::integer[], %(quantity)s::text[], %(month)s::date[]) as key (meter_id, quantity, month)
cross join lateral (
    select
        e.basis, e.gas, e.revision, e.scope, e.factor, e.shortfall, sum(e.kg) as kg, count(e.kg) as known,
        array_agg(e.day) as days, min(e.day) as first_day, max(e.day) as last_day
    from emission e
    where e.meter_id = key.meter_id
        and e.quantity = key.quantity
        and e.day >= key.month
        and e.day < (key.month + interval '1 month')::date
    group by 1, 2, 3, 4, 5, 6
) as found
left join monthly m on m.meter_id = key.meter_id and m.quantity = key.quantity and m.month = key.month

-- name: select
select quantity, array_agg(meter_id), array_agg(month), array_agg(amount), array_agg(days), array_agg(measured)
from monthly
where meter_id = any(%(meters)s::integer[])
    and quantity = any(%(quantities)s::text[])
    and month between %(first)s::date and %(last)s::date
group by quantity
order by quantity

-- name: select_emission
select
    quantity, gas, factor, shortfall, array_agg(meter_id), array_agg(month), array_agg(coalesce(kg, 'NaN')), array_agg(days),
    array_agg(measured), array_agg(first_day), array_agg(last_day)
from monthly_emission
where meter_id = any(%(meters)s::integer[])
    and quantity = any(%(quantities)s::text[])
    and month between %(first)s::date and %(last)s::date
    and revision = %(revision)s::text
group by quantity, gas, factor, shortfall
order by quantity, gas, factor, shortfall

-- name: quantities
select distinct meter_id, quantity
from monthly
where meter_id = any(%(meters)s::integer[])
