-- name: put
insert into stray (source, meter, time, values)
select %(source)s::text, meter, time, values
from unnest(%(meter)s::text[], %(time)s::timestamptz[], %(values)s::jsonb[]) as s (meter, time, values)
order by meter, time
on conflict (source, meter, time) do nothing
