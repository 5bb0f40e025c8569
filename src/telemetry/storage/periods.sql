-- name: lock
select pg_advisory_lock(7275, 4)

-- name: unlock
select pg_advisory_unlock(7275, 4)

-- name: one_moment
set transaction isolation level repeatable read

-- name: days
select d.meter_id, d.quantity, d.day::text as day, d.amount, d.coverage::double precision as coverage, d.estimated, d.bands, d.band_costs,
    d.cost::text as cost, d.unpriced, d.tariff, d.provisional, d.tce, d.coefficient
from daily d
where d.meter_id = any(%(meters)s::integer[])
    and d.day between %(first)s::date and %(last)s::date

-- name: emissions
select e.meter_id, e.quantity, e.day::text as day, e.basis, e.gas, e.scope, e.kg, e.factor, e.shortfall
from emission e
where e.meter_id = any(%(meters)s::integer[])
    and e.day between %(first)s::date and %(last)s::date
    and e.revision = 'current'

-- name: waiting
select count(distinct meter_id)
from dirty
where meter_id = any(%(meters)s::integer[]) and lo < %(until)s::timestamptz

-- name: waiting_records
select count(*)
from dirty_record

-- name: put
insert into closed_period (
    area, period, first_day, last_day, form, hash, figures, closed_by, closed_at, replaces, reason
)
values (
    %(area)s::text, %(period)s::text, %(first_day)s::date, %(last_day)s::date, %(form)s::smallint, %(hash)s::text,
    %(figures)s::jsonb, %(closed_by)s::text, %(closed_at)s::timestamptz, %(replaces)s::bigint, %(reason)s::text
)
returning id

-- name: put_rows
insert into closed_row (period_id, number, content)
select %(id)s::bigint, number, content
from unnest(%(content)s::text[]) with ordinality as line (content, number)

-- name: rows
select content
from closed_row
where period_id = %(id)s::bigint
order by number

-- name: listed
select p.id, p.area, p.period, p.first_day, p.last_day, p.form, p.hash, p.figures, p.closed_by, p.closed_at, p.replaces,
    p.reason, later.id as replaced_by
from closed_period p
left join closed_period later on later.replaces = p.id
where (%(id)s::bigint is null or p.id = %(id)s::bigint)
    and (%(area)s::text is null or p.area = %(area)s::text)
    and (%(period)s::text is null or p.period = %(period)s::text)
    and p.first_day <= %(last)s::date
    and p.last_day >= %(first)s::date
order by p.first_day, p.area, p.id
