-- name: select
select array_agg(meter_id), array_agg(quantity), array_agg(day), array_agg(amount), array_agg(coverage)
from (
    select *
    from energy
    where meter_id = any(%(meters)s::integer[])
        and quantity = any(%(quantities)s::text[])
        and day between %(first)s::date and %(last)s::date
    order by meter_id, quantity, day
) as found

-- name: clear
delete from settled

-- name: copy_settled
copy settled (meter_id, day, first, last, amount, coverage) from stdin (format binary)

-- name: by_index
do $$
begin
    set local enable_hashjoin to off;
    set local enable_mergejoin to off;
    set local enable_seqscan to off;
end $$

-- name: replace
update energy e
set
    amount = case
        when s.last - s.first = 96 then s.amount
        else e.amount[1:s.first] || s.amount[s.first + 1:s.last] || e.amount[s.last + 1:96]
    end,
    coverage = case
        when s.last - s.first = 96 then s.coverage
        else e.coverage[1:s.first] || s.coverage[s.first + 1:s.last] || e.coverage[s.last + 1:96]
    end
from settled s
where e.meter_id = s.meter_id and e.quantity = %(quantity)s::text and e.day = s.day

-- name: empty
with known as materialized (
    select e.meter_id, e.day, e.amount
    from settled s
    join energy e on e.meter_id = s.meter_id and e.quantity = %(quantity)s::text and e.day = s.day
    where not 'NaN' <> any(s.amount)
)
delete from energy e
using known k
where e.meter_id = k.meter_id
    and e.quantity = %(quantity)s::text
    and e.day = k.day
    and not 'NaN' <> any(k.amount)

-- name: insert
insert into energy (meter_id, quantity, day, amount, coverage)
select s.meter_id, %(quantity)s::text, s.day, s.amount, s.coverage
from settled s
where 'NaN' <> any(s.amount)
    and not exists (
        select
        from energy e
        where e.meter_id = s.meter_id and e.quantity = %(quantity)s::text and e.day = s.day
    )
