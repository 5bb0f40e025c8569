-- name: select
select
    array_agg(meter_id), array_agg(array_position(%(quantities)s::text[], quantity)::smallint), array_agg(day),
    array_agg(amount), array_agg(coverage::double precision)
from daily
where meter_id = any(%(meters)s::integer[])
    and quantity = any(%(quantities)s::text[])
    and day between %(first)s::date and %(last)s::date

-- name: first_settled
select array_agg(coalesce(d.first_settled_at, %(now)s::timestamptz) order by key.number)
from unnest(%(meter_id)s::integer[], %(quantity)s::text[], %(day)s::date[])
    with ordinality as key (meter_id, quantity, day, number)
left join daily d on d.meter_id = key.meter_id and d.quantity = key.quantity and d.day = key.day

-- name: put
insert into daily (
    meter_id, quantity, day, amount, coverage, estimated, peak, peak_at, bands, band_costs, cost, unpriced, tariff,
    provisional, tce, coefficient, first_settled_at, settled_at
)
select
    meter_id, quantity, day, amount, coverage, estimated, nullif(peak, 'NaN'),
    case when peak <> 'NaN' then peak_at end, bands, band_costs, round(nullif(cost, 'NaN')::numeric, 4), unpriced,
    tariff, provisional, nullif(tce, 'NaN'), coefficient, %(now)s::timestamptz, %(now)s::timestamptz
from unnest(
    %(meter_id)s::integer[], %(quantity)s::text[], %(day)s::date[], %(amount)s::double precision[],
    %(coverage)s::double precision[], %(estimated)s::double precision[], %(peak)s::double precision[],
    %(peak_at)s::timestamptz[], %(bands)s::jsonb[], %(band_costs)s::jsonb[], %(cost)s::double precision[],
    %(unpriced)s::text[], %(tariff)s::text[], %(provisional)s::boolean[], %(tce)s::double precision[], %(coefficient)s::text[]
) as s (
    meter_id, quantity, day, amount, coverage, estimated, peak, peak_at, bands, band_costs, cost, unpriced, tariff,
    provisional, tce, coefficient
)
on conflict (meter_id, quantity, day) do update set
    amount = excluded.amount,
    coverage = excluded.coverage,
    estimated = excluded.estimated,
    peak = excluded.peak,
    peak_at = excluded.peak_at,
    bands = excluded.bands,
    band_costs = excluded.band_costs,
    cost = excluded.cost,
    unpriced = excluded.unpriced,
    tariff = excluded.tariff,
    provisional = excluded.provisional,
    tce = excluded.tce,
    coefficient = excluded.coefficient,
    settled_at = excluded.settled_at

-- name: remove
delete from daily d
using unnest(%(meter_id)s::integer[], %(quantity)s::text[], %(day)s::date[]) as key (meter_id, quantity, day)
where d.meter_id = key.meter_id and d.quantity = key.quantity and d.day = key.day
