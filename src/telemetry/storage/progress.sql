-- name: note
insert into settling (stage, days)
values (%(stage)s::text, %(days)s::integer)

-- name: forget
delete from settling
where at < now() - interval '1 hour'

-- name: waiting
with each as (
    select stage, meter_id, min(marked_at) as since,
        range_agg(
            daterange(
                (lo at time zone 'UTC')::date,
                (greatest(lo, hi - interval '1 microsecond') at time zone 'UTC')::date,
                '[]'
            )
        ) as days
    from dirty
    group by stage, meter_id
),
waiting as (
    select stage, count(*) as meters, min(since) as since,
        sum((select sum(upper(run) - lower(run)) from unnest(days) as run)) as days
    from each
    group by stage
)
select w.stage, w.meters::integer, w.days::integer, w.since,
    coalesce(sum(s.days), 0)::integer as settled,
    (
        coalesce(sum(s.days) filter (where s.at > now() - interval '5 minutes'), 0)
        / greatest(1, extract(epoch from now() - greatest(w.since, now() - interval '5 minutes')))
    )::double precision as days_per_s
from waiting w
left join settling s on s.stage = w.stage and s.at > w.since
group by w.stage, w.meters, w.days, w.since
