-- name: hear
with come as (
    select *
    from jsonb_to_recordset(%(counts)s::jsonb) as row (source text, counter text, count bigint, heard_at timestamptz)
), heard as (
    insert into broker_counter (source, counter, count, heard_at)
    select source, counter, count, heard_at
    from come
    order by source, counter
    on conflict (source, counter) do update set
        risen = excluded.count - case when excluded.count < broker_counter.count then 0 else broker_counter.count end,
        count = excluded.count,
        heard_at = excluded.heard_at
    where excluded.heard_at > broker_counter.heard_at
    returning source, risen
)
insert into loss (source, amount, at)
select source, risen, %(now)s::timestamptz
from heard
where risen > 0

-- name: lose
insert into loss (source, amount, at)
values (%(source)s::text, %(amount)s::bigint, %(now)s::timestamptz)

-- name: forget
delete from loss
where at <= %(until)s::timestamptz

-- name: of_late
select source, sum(amount)::bigint
from loss
group by source
