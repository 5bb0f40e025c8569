-- name: lock
select pg_advisory_xact_lock(7275, 14)

-- name: alike
select id, sort, key, area, name, first_day, last_day, amount, unit, document, generator, vintage,
    heating_value, factor, factor_unit, source, edition, published, note, posted_by, posted_at,
    withdrawn_by, withdrawn_at, withdrawn_because
from record
where sort = %(sort)s::text and key = %(key)s::text
order by withdrawn_at is not null, id desc

-- name: put
insert into record (
    sort, key, area, name, first_day, last_day, amount, unit, document, generator, vintage, heating_value,
    factor, factor_unit, source, edition, published, note, posted_by, posted_at
)
values (
    %(sort)s::text, %(key)s::text, %(area)s::text, %(name)s::text, %(first_day)s::date, %(last_day)s::date,
    %(amount)s::double precision, %(unit)s::text, %(document)s::text, %(generator)s::text, %(vintage)s::text,
    %(heating_value)s::double precision, %(factor)s::double precision, %(factor_unit)s::text, %(source)s::text,
    %(edition)s::text, %(published)s::date, %(note)s::text, %(who)s::text, %(now)s::timestamptz
)
returning id

-- name: withdraw
update record
set withdrawn_by = %(who)s::text, withdrawn_at = %(now)s::timestamptz, withdrawn_because = %(reason)s::text
where id = %(id)s::bigint and sort = %(sort)s::text and withdrawn_at is null

-- name: one
select id, sort, key, area, name, first_day, last_day, amount, unit, document, generator, vintage,
    heating_value, factor, factor_unit, source, edition, published, note, posted_by, posted_at,
    withdrawn_by, withdrawn_at, withdrawn_because
from record
where id = %(id)s::bigint and sort = %(sort)s::text

-- name: listed
select id, sort, key, area, name, first_day, last_day, amount, unit, document, generator, vintage,
    heating_value, factor, factor_unit, source, edition, published, note, posted_by, posted_at,
    withdrawn_by, withdrawn_at, withdrawn_because
from record
where sort = %(sort)s::text
    and first_day <= %(last)s::date
    and last_day >= %(first)s::date
    and (%(areas)s::text[] is null or area = any(%(areas)s::text[]))
    and (%(withdrawn)s::boolean or withdrawn_at is null)
    and (%(after)s::bigint is null or (first_day, id) > (%(after_day)s::date, %(after)s::bigint))
order by first_day, id
limit %(limit)s::integer

-- name: of_ids
select id, sort, key, area, name, first_day, last_day, amount, unit, document, generator, vintage,
    heating_value, factor, factor_unit, source, edition, published, note, posted_by, posted_at,
    withdrawn_by, withdrawn_at, withdrawn_because
from record
where id = any(%(ids)s::bigint[])

-- name: mark
insert into dirty_record (record_id)
values (%(id)s::bigint)

-- name: mark_all
insert into dirty_record (record_id)
select id
from record
where sort = 'activity' and withdrawn_at is null

-- name: mark_consumer
insert into dirty (meter_id, stage, lo, hi)
select distinct t.meter_id, 'daily', %(lo)s::timestamptz, %(hi)s::timestamptz
from meter_term t
join meter m on m.id = t.meter_id
where t.role = 'boundary'
    and t.area = %(area)s::text
    and m.carrier = 'electricity'
    and t.valid_from < %(hi)s::timestamptz

-- name: take
with taken as (
    select id
    from dirty_record
    order by id
    limit %(limit)s::integer
    for update skip locked
), gone as (
    delete from dirty_record
    where id in (select id from taken)
    returning record_id
)
select coalesce(array_agg(distinct record_id), array[]::bigint[])
from gone
