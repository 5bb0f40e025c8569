-- name: lock
select pg_advisory_xact_lock(7277, %(meter)s::integer)

-- name: put
insert into correction (meter_id, quantity, kind, lo, hi, amount, conflict_id, undoes, who, reason)
values (
    %(meter_id)s::integer, %(quantity)s::text, %(kind)s::text, %(lo)s::timestamptz, %(hi)s::timestamptz,
    %(amount)s::double precision, %(conflict_id)s::bigint, %(undoes)s::bigint, %(who)s::text, %(reason)s::text
)
returning id

-- name: replace
insert into correction_reading (correction_id, time, original, corrected)
select %(id)s::bigint, r.time, r.{column}, new.value
from unnest(%(time)s::timestamptz[], %(value)s::double precision[]) as new (time, value)
join reading r on r.meter_id = %(meter)s::integer and r.time = new.time
where r.{column} is not null

-- name: withdraw
insert into correction_reading (correction_id, time, original, corrected)
select %(id)s::bigint, time, {column}, 'NaN'
from reading
where meter_id = %(meter)s::integer
    and time >= %(lo)s::timestamptz
    and time <= %(hi)s::timestamptz
    and {column} <> 'NaN'

-- name: restore
insert into correction_reading (correction_id, time, original, corrected)
select %(id)s::bigint, r.time, r.{column}, c.original
from correction_reading c
join reading r on r.meter_id = %(meter)s::integer and r.time = c.time
where c.correction_id = %(of)s::bigint

-- name: change
update reading r
set {column} = c.corrected
from correction_reading c
where c.correction_id = %(id)s::bigint
    and r.meter_id = %(meter)s::integer
    and r.time = c.time
    and r.time >= %(lo)s::timestamptz
    and r.time <= %(hi)s::timestamptz

-- name: seen
insert into seen (meter_id, quantity, moved)
select %(meter)s::integer, %(quantity)s::text, true
from correction_reading
where correction_id = %(id)s::bigint and corrected <> 'NaN' and corrected <> 0
limit 1
on conflict (meter_id, quantity) do update set moved = true
where not seen.moved

-- name: lock_latest
select pg_advisory_xact_lock(7275, 3)

-- name: latest
update latest l
set
    change = nextval('latest_change'),
    {column} = (
        select r.{column}
        from reading r
        where r.meter_id = l.meter_id and r.time <= l.time and r.{column} <> 'NaN'
        order by r.time desc
        limit 1
    )
where l.meter_id = %(meter)s::integer and l.time >= %(lo)s::timestamptz and l.{column} is not null

-- name: keep
update correction
set amounts = %(amounts)s::double precision[], coverages = %(coverages)s::real[]
where id = %(id)s::bigint

-- name: kept
select amounts, coverages
from correction
where id = %(id)s::bigint

-- name: undo
update correction
set undone_by = %(by)s::bigint
where id = %(id)s::bigint

-- name: one
select id, meter_id, quantity, kind, lo, hi, amount, conflict_id, undoes, undone_by, who, reason, made_at
from correction
where id = %(id)s::bigint

-- name: later
select max(other.id)
from correction c
join correction other on other.meter_id = c.meter_id and other.quantity = c.quantity and other.id > c.id
where c.id = %(id)s::bigint
    and other.undone_by is null
    and other.kind <> 'undo'
    and (other.kind = 'amount') = %(amount)s::boolean
    and case when %(amount)s::boolean then other.lo < c.hi and other.hi > c.lo else other.lo <= c.hi and other.hi >= c.lo end

-- name: offered
select meter_id, quantity, time, offered
from conflict
where id = %(id)s::bigint

-- name: standing
select time, {column}
from reading
where meter_id = %(meter)s::integer and time = any(%(time)s::timestamptz[]) and {column} is not null

-- name: listed
select id, meter_id, quantity, kind, lo, hi, amount, conflict_id, undoes, undone_by, who, reason, made_at
from correction
where (%(meters)s::integer[] is null or meter_id = any(%(meters)s::integer[]))
    and (%(quantities)s::text[] is null or quantity = any(%(quantities)s::text[]))
    and lo < %(hi)s::timestamptz
    and hi >= %(lo)s::timestamptz
    and (%(before)s::bigint is null or id < %(before)s::bigint)
order by id desc
limit %(limit)s::integer

-- name: changes
select c.correction_id, c.time, c.original, c.corrected
from unnest(%(ids)s::bigint[]) as wanted (id)
cross join lateral (
    select *
    from correction_reading
    where correction_id = wanted.id
    order by time
    limit %(limit)s::integer
) as c
order by c.correction_id, c.time

-- name: amounts
select c.meter_id, c.quantity, c.lo, c.hi, c.amount
from correction c
where c.kind = 'amount'
    and c.undone_by is null
    and c.meter_id = any(%(meter)s::integer[])
    and exists (
        select
        from unnest(%(meter)s::integer[], %(lo)s::timestamptz[], %(hi)s::timestamptz[]) as range (meter_id, lo, hi)
        where range.meter_id = c.meter_id and c.lo <= range.hi and c.hi > range.lo
    )
order by c.id

-- name: quantities
select distinct meter_id, quantity
from correction
where kind = 'amount' and meter_id = any(%(meters)s::integer[])
