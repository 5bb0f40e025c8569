-- name: note
insert into site_change (name, document, put_by, put_at)
values (%(name)s::text, %(document)s::jsonb, %(who)s::text, %(now)s::timestamptz)
