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
