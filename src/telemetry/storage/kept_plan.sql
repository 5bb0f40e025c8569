-- name: newest
select code, version, posted, kept_by, kept_at, withdrawn_because, lines, since, until
from kept_plan
where owner is not distinct from %(owner)s::text[] and code = %(code)s::text
order by version desc
limit 1
-- name: of_version
select code, version, posted, kept_by, kept_at, withdrawn_because, lines, since, until
from kept_plan
where owner is not distinct from %(owner)s::text[] and code = %(code)s::text and version = %(version)s::integer
-- name: lock
select pg_advisory_xact_lock(7275, hashtext(concat_ws(' ', 'kept_plan', %(code)s::text, %(owner)s::text[])))
-- name: put
insert into kept_plan (owner, code, version, posted, kept_by, kept_at, withdrawn_because, lines, since, until)
values (
    %(owner)s::text[], %(code)s::text, %(version)s::integer, %(posted)s::jsonb, %(who)s::text, %(now)s::timestamptz,
    %(reason)s::text, %(lines)s::text[], %(since)s::timestamptz, %(until)s::timestamptz
)
-- name: listed
select code, version, kept_by, kept_at, posted ->> 'name' as name, posted ->> 'from' as from_,
    posted ->> 'to' as to, jsonb_array_length(posted -> 'jobs') as jobs
from (
    select distinct on (code) code, version, kept_by, kept_at, posted
    from kept_plan
    where owner is not distinct from %(owner)s::text[]
    order by code, version desc
) as newest
where posted is not null
order by kept_at desc, code
limit %(most)s::integer
