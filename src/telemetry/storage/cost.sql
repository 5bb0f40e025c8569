-- name: remove
delete from monthly_cost m
using unnest(%(meter_id)s::integer[], %(quantity)s::text[], %(month)s::date[]) as key (meter_id, quantity, month)
where m.meter_id = key.meter_id and m.quantity = key.quantity and m.month = key.month

-- name: put
insert into monthly_cost (
    meter_id, quantity, month, tariff, provisional, unpriced, bands, amounts, costs, first_day, last_day
)
select key.meter_id, key.quantity, key.month, found.*
from unnest(%(meter_id)s::integer[], %(quantity)s::text[], %(month)s::date[]) as key (meter_id, quantity, month)
cross join lateral (
    select
        tariff, provisional, unpriced, array_agg(band order by band), array_agg(amount order by band),
        array_agg((coalesce(cost, 0) * 10000)::bigint order by band), min(first_day), max(last_day)
    from (
        select
            p.tariff, p.provisional, p.unpriced, p.band, sum(p.amount) as amount, sum(p.cost) as cost,
            min(p.day) as first_day, max(p.day) as last_day
        from priced_day p
        where p.meter_id = key.meter_id
            and p.quantity = key.quantity
            and p.day >= key.month
            and p.day < (key.month + interval '1 month')::date
        group by 1, 2, 3, 4
    ) as by_band
    group by 1, 2, 3
) as found

-- name: months
select
    tariff, provisional, unpriced, bands, array_agg(meter_id), array_agg(month), array_agg(amounts), array_agg(costs),
    array_agg(first_day), array_agg(last_day)
from monthly_cost
where meter_id = any(%(meters)s::integer[])
    and quantity = %(quantity)s::text
    and month between %(first)s::date and %(last)s::date
group by 1, 2, 3, 4
order by 1, 2, 3, 4

-- name: days
select
    tariff, provisional, unpriced, bands, array_agg(meter_id), array_agg(day), array_agg(amounts), array_agg(costs),
    array_agg(day), array_agg(day)
from (
    select
        meter_id, day, tariff, provisional, unpriced, array_agg(band order by band) as bands,
        array_agg(amount order by band) as amounts,
        array_agg((coalesce(cost, 0) * 10000)::bigint order by band) as costs
    from priced_day
    where meter_id = any(%(meters)s::integer[])
        and quantity = %(quantity)s::text
        and day between %(first)s::date and %(last)s::date
    group by 1, 2, 3, 4, 5
) as by_day
group by 1, 2, 3, 4
order by 1, 2, 3, 4
