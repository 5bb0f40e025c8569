-- name: sign
select set_config('parkwatt.who', %(who)s::text, true), set_config('parkwatt.origin', %(origin)s::text, true)

-- name: changes
select pg_current_xact_id_if_assigned() is not null

-- name: signature
select coalesce(current_setting('parkwatt.who', true), ''), coalesce(current_setting('parkwatt.origin', true), '')

-- name: listed
select number, at, who, origin, act, kind, name, before, after, hash
from audit
where number < %(below)s::bigint
    and (%(kind)s::text is null or kind = %(kind)s::text)
    and (%(name)s::text is null or name = %(name)s::text)
    and (%(who)s::text is null or who = %(who)s::text)
    and (%(since)s::timestamptz is null or at >= %(since)s::timestamptz)
    and (%(until)s::timestamptz is null or at < %(until)s::timestamptz)
    and (
        %(text)s::text is null
        or strpos(lower(concat_ws(' ', name, who, before::text, after::text)), lower(%(text)s::text)) > 0
    )
order by number desc
limit %(limit)s::integer

-- name: head
select number, hash
from audit
order by number desc
limit 1

-- name: chain
select number, audit_text(audit), previous, hash
from audit
where number > %(above)s::bigint
order by number
limit 1000
