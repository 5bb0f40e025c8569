-- name: listed
select id, rule, subject_kind, subject, severity, stage, since, fired, resolved, value, limit_value, unit, flapping,
    corrected, quiet, told, band, more, acknowledged, acknowledged_by, rank
from alert
cross join lateral (
    select case
        when resolved is not null then 3
        when severity = 'critical' then 0
        when severity = 'warning' then 1
        else 2
    end
) as place (rank)
where (resolved is null or %(history)s::boolean)
    and (resolved is not null or not %(over)s::boolean)
    and (%(id)s::text is null or id = %(id)s::text)
    and (%(rule)s::text is null or rule = %(rule)s::text)
    and (%(subject)s::text is null or subject = %(subject)s::text)
    and (%(lo)s::timestamptz is null or coalesce(resolved, 'infinity') >= %(lo)s::timestamptz)
    and (%(hi)s::timestamptz is null or fired < %(hi)s::timestamptz)
    and (
        %(after)s::text is null
        or rank > %(after_rank)s::integer
        or rank = %(after_rank)s::integer
            and (
                fired < %(after_fired)s::timestamptz
                or fired = %(after_fired)s::timestamptz and id > %(after)s::text
            )
    )
order by rank, fired desc, id
limit %(limit)s::integer

-- name: changes
select number, id, alert, rule, subject_kind, subject, what, at, severity, stage, value, limit_value, unit, flapping,
    corrected, quiet, band, by, note, more
from alert_transition
where (%(alert)s::text is null or alert = %(alert)s::text)
    and number > %(after)s::bigint
order by number
limit 1000

-- name: newest
select coalesce(max(number), 0)
from alert_transition

-- name: act
with told as (
    insert into alert_transition (
        id, alert, rule, subject_kind, subject, what, at, since, fired, severity, stage, value, limit_value, unit,
        flapping, corrected, quiet, band, by, note, more
    )
    select %(transition)s::text, id, rule, subject_kind, subject, %(what)s::text, %(now)s::timestamptz, since, fired,
        severity, stage, value, limit_value, unit, flapping, corrected, quiet, band, %(who)s::text, %(note)s::text, more
    from alert
    where id = %(alert)s::text and (%(what)s::text = 'commented' or acknowledged is null)
    returning alert, number
)
update alert
set last_change = told.number,
    acknowledged = case when %(what)s::text = 'acknowledged' then %(now)s::timestamptz else alert.acknowledged end,
    acknowledged_by = case when %(what)s::text = 'acknowledged' then %(who)s::text else alert.acknowledged_by end
from told
where alert.id = told.alert
