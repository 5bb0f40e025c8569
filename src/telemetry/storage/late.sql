-- name: put
insert into alert_late (meter_id, lo, hi)
select *
from unnest(%(meter)s::integer[], %(lo)s::timestamptz[], %(hi)s::timestamptz[])

-- name: take
with gone as (
    delete from alert_late
    returning meter_id, lo, hi
)
select array_agg(meter_id), array_agg(lo), array_agg(hi)
from gone
where hi >= %(since)s::timestamptz
