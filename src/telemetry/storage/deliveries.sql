-- name: put
insert into delivery (
    key, transition, alert, what, contact, channel, step, follow_up, renewal, notice, created_at, not_before, due
)
values (
    %(key)s::text, %(transition)s::text, %(alert)s::text, %(what)s::text, %(contact)s::text, %(channel)s::text,
    %(step)s::smallint, %(follow_up)s::boolean, %(renewal)s::integer, %(notice)s::jsonb, %(now)s::timestamptz,
    %(not_before)s::timestamptz, %(due)s::timestamptz
)
on conflict (key) do nothing

-- name: take_over
insert into delivery (
    key, transition, alert, what, contact, channel, step, follow_up, renewal, notice, state, bundle, created_at,
    not_before, due, attempts, holder, leased_until, tried_at, sent_at, error
)
values (
    %(key)s::text, %(transition)s::text, %(alert)s::text, %(what)s::text, %(contact)s::text, %(channel)s::text,
    %(step)s::smallint, %(follow_up)s::boolean, %(renewal)s::integer, %(notice)s::jsonb, %(state)s::text,
    %(bundle)s::text, %(created_at)s::timestamptz, %(not_before)s::timestamptz, %(due)s::timestamptz,
    %(attempts)s::integer, %(holder)s::text, %(leased_until)s::timestamptz, %(tried_at)s::timestamptz,
    %(sent_at)s::timestamptz, %(error)s::text
)
on conflict (key) do update set
    state = excluded.state,
    bundle = excluded.bundle,
    due = excluded.due,
    attempts = excluded.attempts,
    holder = excluded.holder,
    leased_until = excluded.leased_until,
    tried_at = excluded.tried_at,
    sent_at = excluded.sent_at,
    error = excluded.error
where delivery.state = 'waiting' or delivery.state = 'sending' and excluded.state = 'sent'

-- name: awaiting
select key, transition, alert, what, contact, channel, step, follow_up, renewal, notice, state, bundle, created_at,
    not_before, due, attempts, holder, leased_until, tried_at, sent_at, error
from delivery
where state = 'waiting' and due < %(until)s::timestamptz
order by id
limit %(limit)s::integer

-- name: told
select alert, contact, channel
from delivery
where alert = any(%(alerts)s::text[]) and what <> 'resolved' and state <> 'cancelled'
group by alert, contact, channel
having bool_or(follow_up)
order by min(id)

-- name: take_back
update delivery d
set state = 'cancelled', error = %(reason)s::text
where d.alert = any(%(alerts)s::text[])
    and d.state = 'waiting'
    and (d.step > 0 or d.renewal > 0)
    and (%(renewals)s::boolean or d.renewal = 0)
    and not exists (select from delivery o where o.bundle = d.bundle and o.id <> d.id)

-- name: end_renewals
update delivery d
set state = 'cancelled', error = 'the alert is over'
where d.state = 'waiting'
    and d.renewal > 0
    and exists (select from delivery o where o.alert = d.alert and o.what = 'resolved')

-- name: head
select d.id, d.key, d.bundle, d.contact, d.channel
from delivery d
where (
        d.state = 'waiting' and d.due <= %(now)s::timestamptz
        or d.state = 'sending' and d.leased_until < %(now)s::timestamptz and d.holder <> %(holder)s::text
    )
    and (d.bundle is null or d.bundle = d.key)
    and not exists (
        select
        from delivery e
        where e.alert = d.alert
            and e.contact = d.contact
            and e.channel = d.channel
            and e.id < d.id
            and e.attempts > 0
            and e.state in ('waiting', 'sending')
            and e.bundle is distinct from d.bundle
    )
order by d.due, d.id
limit 1
for update of d skip locked

-- name: next
select min(case when state = 'waiting' then due else leased_until end)
from delivery
where state in ('waiting', 'sending')

-- name: beside
select d.id
from delivery d
where d.state = 'waiting'
    and d.bundle is null
    and d.contact = %(contact)s::text
    and d.channel = %(channel)s::text
    and d.not_before <= %(now)s::timestamptz
    and not exists (
        select
        from delivery h
        where h.id = %(id)s::bigint
            and (
                'rule' = any(%(group)s::text[]) and h.notice -> 'rule' is distinct from d.notice -> 'rule'
                or 'area' = any(%(group)s::text[])
                    and h.notice -> 'areas' -> 0 is distinct from d.notice -> 'areas' -> 0
                or 'source' = any(%(group)s::text[]) and h.notice -> 'source' is distinct from d.notice -> 'source'
            )
    )
order by d.id
limit %(limit)s::integer
for update of d skip locked

-- name: bundle
update delivery
set bundle = %(key)s::text
where id = any(%(ids)s::bigint[])

-- name: lease
update delivery
set state = 'sending',
    holder = %(holder)s::text,
    leased_until = %(until)s::timestamptz,
    attempts = attempts + 1,
    tried_at = %(now)s::timestamptz
where bundle = %(key)s::text and state in ('waiting', 'sending')
returning id, notice, attempts, renewal, step

-- name: extend
update delivery
set leased_until = %(until)s::timestamptz
where bundle = %(key)s::text and holder = %(holder)s::text and state = 'sending'

-- name: sent
update delivery
set state = 'sent', sent_at = %(now)s::timestamptz, leased_until = null, error = ''
where bundle = %(key)s::text and state = 'sending'

-- name: renew
insert into delivery (
    key, transition, alert, what, contact, channel, step, follow_up, renewal, notice, created_at, not_before, due
)
select %(new)s::text, transition, alert, what, contact, channel, step, follow_up, renewal + 1, notice,
    %(now)s::timestamptz, %(due)s::timestamptz, %(due)s::timestamptz
from delivery
where key = %(key)s::text
on conflict (key) do nothing

-- name: failed
update delivery
set state = case when %(final)s::boolean then 'dead' else 'waiting' end,
    due = %(due)s::timestamptz,
    leased_until = null,
    error = %(error)s::text
where bundle = %(key)s::text and holder = %(holder)s::text and state = 'sending'

-- name: listed
select id, key, transition, alert, what, contact, channel, step, renewal, notice, state, bundle, created_at, due,
    attempts, tried_at, sent_at, error
from delivery
where (%(states)s::text[] is null or state = any(%(states)s::text[]))
    and (%(contact)s::text is null or contact = %(contact)s::text)
    and (%(contacts)s::text[] is null or contact = any(%(contacts)s::text[]))
    and (%(alert)s::text is null or alert = %(alert)s::text)
    and (%(before)s::bigint is null or id < %(before)s::bigint)
order by id desc
limit %(limit)s::integer

-- name: one
select id, key, transition, alert, what, contact, channel, step, renewal, notice, state, bundle, created_at, due,
    attempts, tried_at, sent_at, error
from delivery
where id = %(id)s::bigint

-- name: retry
update delivery
set state = 'waiting', due = %(now)s::timestamptz, attempts = 0
where bundle = (select bundle from delivery where id = %(id)s::bigint) and state = 'dead'
