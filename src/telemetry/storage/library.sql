-- name: lock
select pg_advisory_xact_lock(7275, 10)

-- name: keep
with told as (
    select *
    from unnest(%(codes)s::text[], %(contents)s::text[]) as t (code, content)
),
gone as (
    delete from library_entry
    where library = %(library)s::text and not code = any(%(codes)s::text[])
)
insert into library_entry (library, code, content, first)
select
    %(library)s::text, code, content::jsonb,
    not exists (
        select
        from library_entry
        where library = %(library)s::text
    )
from told
on conflict (library, code) do update set content = excluded.content
where library_entry.content <> excluded.content

-- name: standing
select content::text
from library_entry
where library = %(library)s::text and code = %(code)s::text
