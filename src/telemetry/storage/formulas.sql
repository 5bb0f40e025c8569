-- name: lock
lock table formula_term in access exclusive mode -- settlements that go by the old ones end first

-- name: clear
delete from formula_term

-- name: put
insert into formula_term (meter_id, term_id, quantity, since, until)
select m.id, t.id, way.quantity, way.since, way.until
from unnest(
    %(meter)s::text[], %(term)s::text[], %(quantity)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[]
) as way (meter, term, quantity, since, until)
join meter m on m.code = way.meter
join meter t on t.code = way.term

-- name: ids
select code, id
from meter
where code = any(%(codes)s::text[])

-- name: mark
insert into dirty (meter_id, stage, lo, hi)
select
    %(meter)s::integer,
    'energy',
    greatest(min(e.day) at time zone 'UTC', %(since)s::timestamptz),
    (max(e.day) + 1) at time zone 'UTC'
from energy e
where e.day >= (%(since)s::timestamptz at time zone 'UTC')::date
    and e.meter_id in (
        select %(meter)s::integer
        union all
        select term_id
        from formula_term
        where meter_id = %(meter)s::integer
    )
having count(*) > 0

-- name: mark_dependents
insert into dirty (meter_id, stage, lo, hi)
select distinct f.meter_id, 'energy', greatest(changed.lo, f.since), least(changed.hi, f.until)
from unnest(%(meter)s::integer[], %(lo)s::timestamptz[], %(hi)s::timestamptz[]) as changed (meter_id, lo, hi)
join formula_term f on f.term_id = changed.meter_id and f.quantity = %(quantity)s::text
where f.since < changed.hi and f.until > changed.lo
