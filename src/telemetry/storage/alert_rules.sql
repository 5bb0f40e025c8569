-- name: put
insert into alert_rule (code, document, put_by, put_at, reason)
values (%(code)s::text, %(document)s::jsonb, %(who)s::text, %(now)s::timestamptz, %(reason)s::text)

-- name: standing
select document
from (
    select distinct on (code) code, document
    from alert_rule
    order by code, number desc
) as newest
where document is not null
order by code

-- name: last
select document
from alert_rule
where code = %(code)s::text and document is not null
order by number desc
limit 1

-- name: history
select number, code, document, put_by, put_at, reason
from alert_rule
where code = %(code)s::text
order by number desc
