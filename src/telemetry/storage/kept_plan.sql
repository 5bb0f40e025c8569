-- name: newest
select code, version, posted, kept_by, kept_at, withdrawn_because
from kept_plan
where code = %(code)s::text
order by version desc
limit 1
-- name: of_version
select code, version, posted, kept_by, kept_at, withdrawn_because
from kept_plan
where code = %(code)s::text and version = %(version)s::integer
-- name: lock
select pg_advisory_xact_lock(7275, hashtext('kept_plan ' || %(code)s::text))
-- name: put
insert into kept_plan (code, version, posted, kept_by, kept_at, withdrawn_because)
values (
    %(code)s::text, %(version)s::integer, %(posted)s::jsonb, %(who)s::text, %(now)s::timestamptz, %(reason)s::text
)
-- name: listed
select code, version, kept_by, kept_at, posted ->> 'name' as name, posted ->> 'from' as from_,
    posted ->> 'to' as to, jsonb_array_length(posted -> 'jobs') as jobs
from (
    select distinct on (code) code, version, kept_by, kept_at, posted
    from kept_plan
    order by code, version desc
) as newest
where posted is not null
order by kept_at desc, code
limit %(most)s::integer
