-- name: meters
select code, id
from meter
where removed_at is null and source is not null

-- name: meters_by_code
select code, id
from meter
where removed_at is null and source is not null and code = any(%(codes)s::text[])

-- name: rated
select m.id, m.rated_kw / term.multiplier
from meter m
cross join lateral (
    select multiplier
    from meter_term t
    where t.meter_id = m.id
    order by t.valid_from desc
    limit 1
) term
where m.removed_at is null and m.rated_kw is not null
