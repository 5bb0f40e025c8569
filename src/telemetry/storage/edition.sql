-- name: stands
select hash
from edition
where library = %(library)s::text
for update

-- name: put
insert into edition (library, hash, since)
values (%(library)s::text, %(hash)s::text, %(now)s::timestamptz)
on conflict (library) do update set hash = excluded.hash, since = excluded.since
where edition.hash <> excluded.hash

-- name: change
do $$
begin
    set local lock_timeout to 0;
    perform pg_advisory_xact_lock(7275, 2);
    set local lock_timeout to '10s';
end $$

-- name: hold
do $$
begin
    set local lock_timeout to 0;
    perform pg_advisory_xact_lock_shared(7275, 2);
    set local lock_timeout to '10s';
end $$

-- name: others
select e.library
from edition e
join unnest(%(library)s::text[], %(hash)s::text[]) as own (library, hash) on own.library = e.library
where own.hash <> e.hash
limit 1
