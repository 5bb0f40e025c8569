-- name: remove
delete from record_emission
where record_id = any(%(ids)s::bigint[])

-- name: put
insert into record_emission (
    record_id, revision, gas, first_day, last_day, scope, amount, kg, factor, shortfall, evidence, settled_at
)
values (
    %(record_id)s::bigint, %(revision)s::text, %(gas)s::text, %(first_day)s::date, %(last_day)s::date,
    %(scope)s::smallint, %(amount)s::double precision, nullif(%(kg)s::double precision, 'NaN'), %(factor)s::text,
    %(shortfall)s::text, %(evidence)s::jsonb, %(now)s::timestamptz
)

-- name: select
select e.record_id, e.revision, e.gas, e.first_day, e.last_day, e.scope, e.amount, coalesce(e.kg, 'NaN') as kg, e.factor,
    e.shortfall, e.evidence
from record_emission e
join record r on r.id = e.record_id
where r.withdrawn_at is null
    and e.revision = %(revision)s::text
    and e.first_day <= %(last)s::date
    and e.last_day >= %(first)s::date
order by e.record_id, e.gas, e.first_day
