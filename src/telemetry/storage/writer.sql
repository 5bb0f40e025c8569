-- name: meters
select code, id
from meter
where removed_at is null

-- name: meters_by_code
select code, id
from meter
where removed_at is null and code = any(%(codes)s::text[])
