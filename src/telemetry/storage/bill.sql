-- name: bands
select array_agg(meter_id), array_agg(band), array_agg(tariff), array_agg(provisional), array_agg(unpriced), array_agg(amount), array_agg(cost)
from (
    select
        meter_id, band, coalesce(tariff, '') as tariff, provisional, coalesce(unpriced, '') as unpriced,
        sum(amount) as amount, (sum(coalesce(cost, 0)) * 10000)::bigint as cost
    from priced_day
    where meter_id = any(%(meters)s::integer[])
        and quantity = 'energy_import'
        and day between %(first)s::date and %(last)s::date
    group by 1, 2, 3, 4, 5
    order by 1, 2, 3, 4, 5
) as found

-- name: amounts
select array_agg(meter_id), array_agg(quantity), array_agg(amount), array_agg(estimated), array_agg(measured)
from (
    select
        meter_id, quantity, sum(amount) as amount, sum(estimated) as estimated, sum(coverage::double precision) as measured
    from daily
    where meter_id = any(%(meters)s::integer[])
        and quantity = any(%(quantities)s::text[])
        and day between %(first)s::date and %(last)s::date
    group by 1, 2
    order by 1, 2
) as found
