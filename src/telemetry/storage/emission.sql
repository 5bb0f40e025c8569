-- name: select
select
    array_agg(meter_id), array_agg(array_position(%(quantities)s::text[], quantity)::smallint), array_agg(day),
    array_agg(gas), array_agg(coalesce(kg, 'NaN')), array_agg(factor), array_agg(shortfall)
from (
    select *
    from emission
    where meter_id = any(%(meters)s::integer[])
        and quantity = any(%(quantities)s::text[])
        and day between %(first)s::date and %(last)s::date
        and revision = %(revision)s::text
    order by meter_id, quantity, day
) as found

-- name: remove
delete from emission e
using unnest(%(meter_id)s::integer[], %(quantity)s::text[], %(day)s::date[]) as key (meter_id, quantity, day)
where e.meter_id = key.meter_id and e.quantity = key.quantity and e.day = key.day

-- name: put
insert into emission (meter_id, quantity, day, basis, gas, revision, scope, kg, factor, shortfall, settled_at)
select meter_id, quantity, day, basis, gas, revision, scope, nullif(kg, 'NaN'), factor, shortfall, %(now)s::timestamptz
from unnest(
    %(meter_id)s::integer[], %(quantity)s::text[], %(day)s::date[], %(basis)s::text[], %(gas)s::text[],
    %(revision)s::text[], %(scope)s::smallint[], %(kg)s::double precision[], %(factor)s::text[], %(shortfall)s::text[]
) as s (meter_id, quantity, day, basis, gas, revision, scope, kg, factor, shortfall)
on conflict (meter_id, quantity, day, basis, gas, revision) do update set
    scope = excluded.scope,
    kg = excluded.kg,
    factor = excluded.factor,
    shortfall = excluded.shortfall,
    settled_at = excluded.settled_at

-- name: remove_others
delete from emission e
using unnest(%(of_meter)s::integer[], %(of_quantity)s::text[], %(of_day)s::date[]) as key (meter_id, quantity, day)
where e.meter_id = key.meter_id
    and e.quantity = key.quantity
    and e.day = key.day
    and (e.meter_id, e.quantity, e.day, e.basis, e.gas, e.revision) not in (
        select *
        from unnest(
            %(meter_id)s::integer[], %(quantity)s::text[], %(day)s::date[], %(basis)s::text[], %(gas)s::text[],
            %(revision)s::text[]
        )
    )
