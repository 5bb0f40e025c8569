-- name: lease
update alert_evaluation
set holder = %(holder)s::text, leased_until = now() + make_interval(secs => %(seconds)s::double precision)
where holder is null or holder = %(holder)s::text or leased_until < now()
    or leased_until > now() + 2 * make_interval(secs => %(seconds)s::double precision)

-- name: release
update alert_evaluation
set holder = null
where holder = %(holder)s::text

-- name: hold
select
from alert_evaluation
where holder = %(holder)s::text
for update

-- name: evaluated
update alert_evaluation
set evaluated_at = %(at)s::timestamptz

-- name: last_evaluated
select evaluated_at
from alert_evaluation

-- name: open
select rule, subject_kind, subject, stage, since, fired, flapping, quiet, told
from alert
where resolved is null

-- name: fired
select rule, subject_kind, subject, fired
from alert
where fired >= %(since)s::timestamptz
order by fired

-- name: lock
select pg_advisory_xact_lock(7275, 11)

-- name: put
with come as (
    select *
    from jsonb_to_recordset(%(rows)s::jsonb) as row (
        place integer, id text, alert text, rule text, subject_kind text, subject text, what text, at timestamptz,
        since timestamptz, fired timestamptz, severity text, stage smallint, value double precision,
        limit_value double precision, unit text, flapping boolean, corrected boolean, quiet text, band text, by text,
        note text, more jsonb
    )
), put as (
    insert into alert_transition (
        id, alert, rule, subject_kind, subject, what, at, since, fired, severity, stage, value, limit_value, unit,
        flapping, corrected, quiet, band, by, note, more
    )
    select id, alert, rule, subject_kind, subject, what, at, since, fired, severity, stage, value, limit_value, unit,
        flapping, corrected, quiet, band, by, note, more
    from come
    order by place
    on conflict (id) do nothing
    returning *
), news as (
    select distinct on (alert) put.*, bool_or(quiet = '') over (partition by alert) as told,
        bool_or(corrected) over (partition by alert) as ever_corrected
    from put
    where what in ('fired', 'raised', 'revealed', 'resolved')
    order by alert, number desc
)
insert into alert (
    id, rule, subject_kind, subject, severity, stage, since, fired, resolved, value, limit_value, unit, flapping,
    corrected, quiet, told, band, more, last_change
)
select alert, rule, subject_kind, subject, severity, stage, since, fired, case when what = 'resolved' then at end,
    value, limit_value, unit, flapping, ever_corrected, quiet, told, band, more, number
from news
on conflict (id) do update set
    severity = excluded.severity,
    stage = excluded.stage,
    resolved = excluded.resolved,
    value = excluded.value,
    limit_value = excluded.limit_value,
    flapping = excluded.flapping,
    corrected = alert.corrected or excluded.corrected,
    quiet = excluded.quiet,
    told = alert.told or excluded.told,
    band = excluded.band,
    more = excluded.more,
    last_change = excluded.last_change
