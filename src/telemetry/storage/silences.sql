-- name: put
insert into alert_silence (
    maintenance, begins, ends, rules, meters, areas, sources, weekdays, clock_begins, clock_ends, reason, made_by, made_at,
    owner
)
values (
    %(maintenance)s::boolean, %(begins)s::timestamptz, %(ends)s::timestamptz, %(rules)s::text[], %(meters)s::text[],
    %(areas)s::text[], %(sources)s::text[], %(weekdays)s::text[], %(clock_begins)s::time, %(clock_ends)s::time,
    %(reason)s::text, %(who)s::text, %(now)s::timestamptz, %(owner)s::text[]
)

-- name: end
update alert_silence
set ended_by = %(who)s::text, ended_at = %(now)s::timestamptz
where id = %(id)s::bigint and ended_at is null

-- name: listed
select id, maintenance, begins, ends, rules, meters, areas, sources, weekdays, clock_begins, clock_ends,
    reason, made_by, made_at, ended_by, ended_at, owner
from alert_silence
where %(over)s::boolean or (ended_at is null and ends > %(now)s::timestamptz)
order by begins desc, id desc
limit 1000

-- name: known
select exists (select from alert_silence where id = %(id)s::bigint)
