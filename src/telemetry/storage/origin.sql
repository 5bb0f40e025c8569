-- name: batches
select id, source, edition, received_at, row_count
from batch
where id = any(%(ids)s::bigint[])
order by received_at, id
