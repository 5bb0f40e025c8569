-- name: put
insert into template_edition (edition, template, content, since)
select edition, template, content::jsonb, %(now)s::timestamptz
from unnest(%(edition)s::text[], %(template)s::text[], %(content)s::text[]) as t (edition, template, content)
on conflict do nothing

-- name: of
select t.edition, t.template, t.content, t.since
from template_edition t
where t.edition = any(%(editions)s::text[])
    and (
        t.template = %(template)s::text
        or not exists (
            select
            from template_edition o
            where o.edition = t.edition and o.template = %(template)s::text
        )
    )
order by t.since, t.edition, t.template
