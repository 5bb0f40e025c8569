-- name: role
do $$
begin
    if not exists (select from pg_roles where rolname = 'parkwatt_tenant') then
        create role parkwatt_tenant nologin noinherit;
    end if;
exception when duplicate_object or unique_violation then null;
end $$

-- name: standing
select obj_description(to_regnamespace('tenant'), 'pg_namespace')

-- name: drop
drop schema if exists tenant cascade

-- name: views
do $do$
begin
    create schema tenant;

    -- The scope of the transaction: meters, and when they are whose who asks; nothing where none was set. `days` are the whole
    -- days of the park in it.
    create view tenant.scope as
    select s.meter_id, s.spans, s.spans @> tstzmultirange(tstzrange(null, null)) as always, park.zone, whole.days
    from unnest(
        nullif(current_setting('parkwatt.meters', true), '')::integer[],
        nullif(current_setting('parkwatt.spans', true), '')::tstzmultirange[]
    ) as s (meter_id, spans)
    cross join (select coalesce((select zone from public.site), 'UTC') as zone) as park
    cross join lateral (
        select coalesce(range_agg(daterange(d.first, d.after)), datemultirange()) as days
        from unnest(s.spans) as span
        cross join lateral (
            select lower(span) at time zone park.zone as begins, upper(span) at time zone park.zone as ends
        ) as local
        cross join lateral (
            select begins::date + (begins::time > '00:00')::integer as first, ends::date as after
        ) as d
        where coalesce(d.first <= d.after, true)
    ) as whole;

    -- The same of areas.
    create view tenant.area_scope as
    select s.code, s.spans, coalesce((select zone from public.site), 'UTC') as zone
    from unnest(
        nullif(current_setting('parkwatt.areas', true), '')::text[],
        nullif(current_setting('parkwatt.area_spans', true), '')::tstzmultirange[]
    ) as s (code, spans);

    create function tenant.within(asked text[]) returns setof text
    language sql stable security definer set search_path = public, pg_temp as $$
        with recursive below (code) as (
            select unnest(asked)
            union
            select a.code
            from area a
            join below b on a.parent = b.code
        )
        select code
        from below
    $$;

    -- Areas of whoever is let in for `asked`. The occupancy of the nearest area at or above one tells whose it is when; where
    -- there is none, the place alone does. Who is let in for a place sees of it the time of its occupant of now.
    create function tenant.places(asked text[]) returns table (code text, spans tstzmultirange)
    language sql stable security definer set search_path = public, pg_temp as $$
        with recursive below (root, code) as (
            select named.code, named.code
            from unnest(asked) as named (code)
            union
            select b.root, a.code
            from area a
            join below b on a.parent = b.code
        ),
        above (code, at, steps) as (
            select a.code, a.code, 0
            from area a
            union all
            select u.code, a.parent, u.steps + 1
            from above u
            join area a on a.code = u.at
            where a.parent is not null and u.steps < 100
        ),
        place as (
            select distinct on (u.code) u.code, u.at as place
            from above u
            where exists (select from occupancy o where o.area = u.at)
            order by u.code, u.steps
        ),
        holder as (
            select p.code as root, p.place, o.enterprise
            from place p
            join occupancy o on o.area = p.place and now() >= o.since and now() < coalesce(o.until, 'infinity')
            where p.code = any(asked)
        )
        select a.code, tstzmultirange(tstzrange(null, null))
        from area a
        where a.code in (select code from below) and not exists (select from place p where p.code = a.code)
        union all
        select p.code, range_agg(tstzrange(o.since, o.until))
        from place p
        join occupancy o on o.area = p.place
        where o.enterprise in (select code from below)
            or exists (
                select
                from holder h
                join below b on b.root = h.root and b.code = p.code
                where h.place = p.place and h.enterprise = o.enterprise
            )
        group by p.code
    $$;

    -- Meters of the same, while they stand in those areas; the occupancy of a meter itself goes before.
    create function tenant.resolve(asked text[]) returns table (meter_id integer, spans tstzmultirange)
    language sql stable security definer set search_path = public, pg_temp as $$
        with placed as materialized (
            select *
            from tenant.places(asked)
        ),
        term as (
            select
                t.meter_id, m.code, t.area,
                tstzrange(
                    case when lag(t.valid_from) over stand is not null then t.valid_from end, lead(t.valid_from) over stand
                ) as span
            from meter_term t
            join meter m on m.id = t.meter_id
            window stand as (partition by t.meter_id order by t.valid_from)
        ),
        owned as (
            select m.id as meter_id, tstzmultirange(tstzrange(o.since, o.until)) as spans
            from meter m
            join occupancy o on o.meter = m.code
            where o.enterprise in (select * from tenant.within(asked))
            union all
            select t.meter_id, tstzmultirange(t.span) * p.spans
            from term t
            join placed p on p.code = t.area
            where not exists (select from occupancy own where own.meter = t.code)
        )
        select o.meter_id, range_agg(o.spans)
        from owned o
        where not isempty(o.spans)
        group by o.meter_id
    $$;

    -- Areas of the scope in which nothing stands now that is outside of it.
    create function tenant.wholly() returns setof text
    language sql stable security definer set search_path = public, pg_temp as $$
        select a.code
        from tenant.area_scope a
        where now() <@ a.spans
            and not exists (
                select
                from meter m
                cross join lateral (
                    select t.area
                    from meter_term t
                    where t.meter_id = m.id
                    order by t.valid_from <= now() desc, case when t.valid_from <= now() then t.valid_from end desc, t.valid_from
                    limit 1
                ) as stands
                where m.removed_at is null
                    and stands.area in (select * from tenant.within(array[a.code]))
                    and not exists (select from tenant.scope s where s.meter_id = m.id and now() <@ s.spans)
            )
    $$;

    -- Whether an area is in scope over a span, with whatever stands in it.
    create function tenant.entrusted(asked text, span tstzrange) returns boolean
    language sql stable security definer set search_path = public, pg_temp as $$
        select
            exists (
                select
                from tenant.area_scope a
                where a.code = asked and span <@ a.spans
            )
            and not exists (
                select
                from (
                    select
                        t.meter_id, t.area,
                        span * tstzrange(
                            case when lag(t.valid_from) over stand is not null then t.valid_from end,
                            lead(t.valid_from) over stand
                        ) as span
                    from meter_term t
                    window stand as (partition by t.meter_id order by t.valid_from)
                ) as stood
                where not isempty(stood.span)
                    and stood.area in (select * from tenant.within(array[asked]))
                    and not exists (select from tenant.scope s where s.meter_id = stood.meter_id and stood.span <@ s.spans)
            )
    $$;

    create function tenant.days(first date, last date, zone text) returns tstzrange language sql stable as $$
        select tstzrange(first::timestamp at time zone zone, (last + 1)::timestamp at time zone zone)
    $$;

    -- Months of which a part is in scope and a part is not.
    create view tenant.broken_month as
    select distinct s.meter_id, at.month
    from tenant.scope s
    cross join lateral unnest(s.spans) as span
    cross join lateral unnest(array[lower(span), upper(span)]) as edge
    cross join lateral (
        select date_trunc('month', edge at time zone s.zone)::date as month
    ) as at
    where edge is not null and not daterange(at.month, (at.month + interval '1 month')::date) <@ s.days;

    -- What a device that stands there now is called is not told to who had it before, nor what people read before it was theirs.
    create view tenant.meter with (security_barrier) as
    select
        m.id, m.code, m.name_en, m.name_zh, m.carrier, m.source, m.device, case when now() <@ s.spans then m.address end as address,
        case when now() <@ s.spans then m.serial end as serial, m.rated_kw, m.max_gap_s, m.interval_s, m.stamp, m.rollover,
        m.removed_at, m.managed_by, m.gas,
        (
            select coalesce(jsonb_agg(r order by (r ->> 'us')::bigint), '[]')
            from jsonb_array_elements(m.replacements) as r
            where to_timestamp((r ->> 'us')::bigint / 1e6) <@ s.spans
        ) as replacements
    from public.meter m
    join tenant.scope s on s.meter_id = m.id;

    -- What is upstream and what a formula reckons with may be another's: told is what is in scope.
    create view tenant.meter_term with (security_barrier) as
    select
        t.meter_id, t.valid_from, t.multiplier,
        case when t.area = any(s.areas) then t.area else s.home end as area,
        (
            select up.code
            from public.meter up
            join tenant.scope within on within.meter_id = up.id
            where up.code = t.parent
        ) as parent,
        case when t.role <> 'boundary' or t.area = any(s.areas) then t.role else 'load' end as role,
        t.region,
        case
            when t.formula is null or not exists (
                select
                from public.formula_term f
                where f.meter_id = t.meter_id
                    and not exists (
                        select
                        from tenant.scope of_term
                        where of_term.meter_id = f.term_id and tstzmultirange(t.span) * s.spans <@ of_term.spans
                    )
            ) then t.formula
            else jsonb_build_object()
        end as formula,
        t.accuracy_class, t.loss_share
    from (
        select
            *,
            tstzrange(
                case when lag(valid_from) over stand is not null then valid_from end, lead(valid_from) over stand
            ) as span
        from public.meter_term
        window stand as (partition by meter_id order by valid_from)
    ) as t
    join (
        select
            meter_id, spans, nullif(current_setting('parkwatt.areas', true), '')::text[] as areas,
            current_setting('parkwatt.home', true) as home
        from tenant.scope
    ) as s on s.meter_id = t.meter_id and t.span && s.spans;

    create view tenant.reading with (security_barrier) as
    select r.*
    from public.reading r
    join tenant.scope s on s.meter_id = r.meter_id and (s.always or r.time <@ s.spans);

    create view tenant.latest with (security_barrier) as
    select l.*
    from public.latest l
    join tenant.scope s on s.meter_id = l.meter_id and l.time <@ s.spans and now() <@ s.spans;

    create view tenant.seen with (security_barrier) as
    select n.*
    from public.seen n
    join tenant.scope s on s.meter_id = n.meter_id;

    create view tenant.conflict with (security_barrier) as
    select c.*
    from public.conflict c
    join tenant.scope s on s.meter_id = c.meter_id and c.time <@ s.spans;

    create view tenant.correction with (security_barrier) as
    select c.*
    from public.correction c
    join tenant.scope s on s.meter_id = c.meter_id and tstzrange(c.lo, c.hi, '[]') <@ s.spans;

    create view tenant.correction_reading with (security_barrier) as
    select r.*
    from public.correction_reading r
    where r.correction_id in (select id from tenant.correction);

    create view tenant.manual_reading with (security_barrier) as
    select r.*
    from public.manual_reading r
    join tenant.scope s on s.meter_id = r.meter_id and r.time <@ s.spans;

    -- A batch has readings of many meters: told is of those from where a meter of the scope is read.
    create view tenant.batch with (security_barrier) as
    select b.*
    from public.batch b
    where b.source = 'manual' or b.source in (select source from tenant.meter);

    create view tenant.alert with (security_barrier) as
    select a.*
    from public.alert a
    where case a.subject_kind
        when 'meter' then exists (
            select
            from tenant.scope s
            join public.meter m on m.id = s.meter_id
            where m.code = a.subject and tstzrange(least(a.since, a.fired), coalesce(a.resolved, a.fired), '[]') <@ s.spans
        )
        when 'area' then tenant.entrusted(a.subject, tstzrange(least(a.since, a.fired), coalesce(a.resolved, a.fired), '[]'))
        else false
    end;

    create view tenant.alert_transition with (security_barrier) as
    select t.*
    from public.alert_transition t
    where t.alert in (select id from tenant.alert);

    create view tenant.reading_flag with (security_barrier) as
    select f.*
    from public.reading_flag f
    join tenant.scope s on s.meter_id = f.meter_id and f.time <@ s.spans;

    -- A UTC day that is whose who asks in part alone keeps that part of its quarter hours.
    create view tenant.energy with (security_barrier) as
    select e.meter_id, e.quantity, e.day, cut.amount, cut.coverage
    from public.energy e
    join tenant.scope s on s.meter_id = e.meter_id
    cross join lateral (
        select e.day::timestamp at time zone 'UTC' as start
    ) as d
    cross join lateral (
        select e.amount, e.coverage
        where s.always or tstzrange(d.start, d.start + interval '1 day') <@ s.spans
        union all
        select
            array_agg(case when q.inside then q.amount else 'NaN' end order by q.slot),
            array_agg(case when q.inside then q.coverage else 0 end order by q.slot)
        from (
            select
                slots.amount, slots.coverage, slots.slot,
                tstzrange(
                    d.start + (slots.slot - 1) * interval '15 minutes', d.start + slots.slot * interval '15 minutes'
                ) <@ s.spans as inside
            from unnest(e.amount, e.coverage) with ordinality as slots (amount, coverage, slot)
            where not s.always and not tstzrange(d.start, d.start + interval '1 day') <@ s.spans
        ) as q
        having bool_or(q.inside)
    ) as cut;

    create view tenant.daily with (security_barrier) as
    select d.*
    from public.daily d
    join tenant.scope s on s.meter_id = d.meter_id and d.day <@ s.days;

    create view tenant.priced_day with (security_barrier) as
    select p.*
    from public.priced_day p
    join tenant.scope s on s.meter_id = p.meter_id and p.day <@ s.days;

    create view tenant.emission with (security_barrier) as
    select e.*
    from public.emission e
    join tenant.scope s on s.meter_id = e.meter_id and e.day <@ s.days;

    create view tenant.record with (security_barrier) as
    select r.*
    from public.record r
    join tenant.area_scope a on a.code = r.area
    where tenant.days(r.first_day, r.last_day, a.zone) <@ a.spans;

    create view tenant.record_emission with (security_barrier) as
    select e.*
    from public.record_emission e
    where e.record_id in (select id from tenant.record);

    create view tenant.closed_period with (security_barrier) as
    select p.*
    from public.closed_period p
    join tenant.area_scope a on a.code = p.area
    where tenant.entrusted(p.area, tenant.days(p.first_day, p.last_day, a.zone));

    -- Whether areas have been whose who is let in for them since a moment, as far as the occupant of now goes.
    create function tenant.held_since(asked text[], since timestamptz) returns boolean
    language sql stable security definer set search_path = public, pg_temp as $$
        select not exists (
            select
            from unnest(asked) as named (code)
            where not exists (
                select
                from tenant.places(asked) p
                where p.code = named.code and tstzrange(least(since, now()), now(), '[]') <@ p.spans
            )
        )
    $$;

    create view tenant.alert_rule with (security_barrier) as
    select r.*
    from public.alert_rule r
    where r.owner = nullif(current_setting('parkwatt.asked', true), '')::text[] and tenant.held_since(r.owner, r.put_at);

    create view tenant.alert_silence with (security_barrier) as
    select q.*
    from public.alert_silence q
    where q.owner = nullif(current_setting('parkwatt.asked', true), '')::text[] and tenant.held_since(q.owner, q.made_at);

    create view tenant.delivery with (security_barrier) as
    select d.*
    from public.delivery d
    where d.alert in (select id from tenant.alert);

    -- What came of meters that nobody has declared is nobody's; of theirs what came under names that mean nothing yet.
    create view tenant.stray with (security_barrier) as
    select n.*
    from public.stray n
    join public.meter m on m.code = n.meter
    join tenant.scope s on s.meter_id = m.id and n.time <@ s.spans;

    create view tenant.dirty with (security_barrier) as
    select d.*
    from public.dirty d
    join tenant.scope s on s.meter_id = d.meter_id and tstzrange(d.lo, d.hi, '[]') && s.spans;

    create view tenant.expired with (security_barrier) as
    select e.*
    from public.expired e
    join tenant.scope s on s.meter_id = e.meter_id;

    -- How fast all of the park is settled tells of others.
    create view tenant.settling with (security_barrier) as
    select p.*
    from public.settling p
    where false;

    -- Plans of whoever is let in for the same areas, as long as all of their lines were theirs at the time.
    create view tenant.kept_plan with (security_barrier) as
    select k.*
    from public.kept_plan k
    where k.owner = nullif(current_setting('parkwatt.asked', true), '')::text[]
        and not exists (
            select
            from unnest(k.lines) as line (code)
            where not exists (
                    select
                    from tenant.area_scope a
                    where a.code = line.code and tstzrange(k.since, k.until) <@ a.spans
                )
                and not exists (
                    select
                    from tenant.scope s
                    join public.meter m on m.id = s.meter_id
                    where m.code = line.code and tstzrange(k.since, k.until) <@ s.spans
                )
        );

    alter policy scope on public.record using (
        current_user <> 'parkwatt_tenant' or area = any(nullif(current_setting('parkwatt.areas', true), '')::text[])
    );

    -- Months in part are added up from those of their days that are in scope.
    create view tenant.monthly with (security_barrier) as
    select m.*
    from public.monthly m
    join tenant.scope s on s.meter_id = m.meter_id and daterange(m.month, (m.month + interval '1 month')::date) <@ s.days
    union all
    select
        d.meter_id, d.quantity, b.month, sum(d.amount), count(*)::smallint, sum(d.coverage::double precision)
    from tenant.broken_month b
    join tenant.daily d on d.meter_id = b.meter_id and d.day >= b.month and d.day < b.month + interval '1 month'
    group by 1, 2, 3;

    create view tenant.monthly_emission with (security_barrier) as
    select m.*
    from public.monthly_emission m
    join tenant.scope s on s.meter_id = m.meter_id and daterange(m.month, (m.month + interval '1 month')::date) <@ s.days
    union all
    select
        e.meter_id, e.quantity, b.month, e.basis, e.gas, e.revision, e.scope, e.factor, e.shortfall,
        sum(e.kg), count(e.kg)::smallint, coalesce(sum(d.coverage::double precision), 0), min(e.day), max(e.day)
    from tenant.broken_month b
    join tenant.emission e on e.meter_id = b.meter_id and e.day >= b.month and e.day < b.month + interval '1 month'
    left join public.daily d on d.meter_id = e.meter_id and d.quantity = e.quantity and d.day = e.day
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9;

    create view tenant.monthly_cost with (security_barrier) as
    select m.*
    from public.monthly_cost m
    join tenant.scope s on s.meter_id = m.meter_id and daterange(m.month, (m.month + interval '1 month')::date) <@ s.days
    union all
    select
        meter_id, quantity, month, tariff, provisional, unpriced, array_agg(band order by band),
        array_agg(amount order by band), array_agg((coalesce(cost, 0) * 10000)::bigint order by band), min(first_day),
        max(last_day)
    from (
        select
            p.meter_id, p.quantity, b.month, p.tariff, p.provisional, p.unpriced, p.band,
            sum(p.amount) as amount, sum(p.cost) as cost, min(p.day) as first_day, max(p.day) as last_day
        from tenant.broken_month b
        join tenant.priced_day p on p.meter_id = b.meter_id and p.day >= b.month and p.day < b.month + interval '1 month'
        group by 1, 2, 3, 4, 5, 6, 7
    ) as by_band
    group by 1, 2, 3, 4, 5, 6;
end $do$

-- name: named
select set_config('parkwatt.definition', %(hash)s::text, true)

-- name: comment
do $$
begin
    execute format('comment on schema tenant is %L', current_setting('parkwatt.definition'));
end $$

-- name: grants
do $$
declare
    taking constant text := case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end;
begin
    if not pg_has_role(current_user, 'parkwatt_tenant', taking) then
        execute format('grant parkwatt_tenant to %I', current_user);
    end if;
    revoke all on all functions in schema tenant from public;
    grant usage on schema tenant, public to parkwatt_tenant;
    grant usage on schema tenant to parkwatt_service;
    grant select on all tables in schema tenant to parkwatt_tenant;
    grant select on tenant.scope, tenant.area_scope to parkwatt_service;
    grant execute on all functions in schema tenant to parkwatt_tenant, parkwatt_service;
    grant select on area, site, template_edition, declared_day, hourly_series to parkwatt_tenant;
    revoke select on meter from parkwatt_tenant;
exception when unique_violation then null;
end $$

-- name: session
do $$
begin
    set role parkwatt_tenant;
    set search_path to tenant, public;
    set default_transaction_read_only to on;
    set timezone to 'UTC';
    set jit to off;
    set work_mem to '64MB';
    set idle_in_transaction_session_timeout to '60s';
    set client_min_messages to warning;
end $$

-- name: scope
select
    set_config('parkwatt.meters', %(meters)s::text, true), set_config('parkwatt.spans', %(spans)s::text, true),
    set_config('parkwatt.areas', %(areas)s::text, true), set_config('parkwatt.area_spans', %(area_spans)s::text, true),
    set_config('parkwatt.home', %(home)s::text, true), set_config('parkwatt.asked', %(asked)s::text[]::text, true)

-- name: resolve
with meters as (
    select array_agg(meter_id)::text as ids, array_agg(spans)::text as spans
    from tenant.resolve(%(areas)s::text[])
),
places as (
    select array_agg(code)::text as codes, array_agg(spans)::text as spans
    from tenant.places(%(areas)s::text[])
)
select
    coalesce(m.ids, '') as meters, coalesce(m.spans, '') as spans, coalesce(p.codes, '') as areas, coalesce(p.spans, '') as area_spans
from meters m
cross join places p

-- name: meters
select m.code, s.spans
from tenant.scope s
join meter m on m.id = s.meter_id

-- name: areas
select code, spans, code in (select * from tenant.wholly())
from tenant.area_scope

-- name: entrusted
select tenant.entrusted(%(area)s::text, tstzrange(%(lo)s::timestamptz, %(hi)s::timestamptz))
