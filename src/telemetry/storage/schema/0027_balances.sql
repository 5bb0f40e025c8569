-- Balances of meters against those behind them, for other tools.

create or replace view open.placements as
select
    m.id as meter_id, m.code as meter, t.area, a.kind as area_kind, a.enterprise, t.role, t.parent, t.region, t.since,
    least(
        coalesce(lead(t.since) over (partition by m.id order by t.valid_from), 'infinity'),
        coalesce(m.removed_at, 'infinity')
    ) as until,
    t.accuracy_class, t.loss_share
from (
    select
        *,
        case
            when row_number() over (partition by meter_id order by valid_from) = 1 then '-infinity'
            when shown = shown::date then valid_from
            else (shown::date + 1)::timestamp at time zone zone
        end as since
    from (
        select *, valid_from at time zone zone as shown
        from meter_term
        cross join (select coalesce((select zone from site), 'UTC') as zone) as park
    ) as dated
) as t
join meter m on m.id = t.meter_id
left join open.areas a on a.area = t.area;

comment on column open.placements.accuracy_class is 'Limit of its error [%]; null: not declared';
comment on column open.placements.loss_share is 'Share of what it lets in that is expected to be lost behind it';

create view open.daily_balances as
with conserved (quantity, opposite) as (
    values
    ('energy_import', 'energy_export'), ('gas_volume', null), ('gas_volume_0c', null), ('gas_volume_15c', null),
    ('gas_volume_20c', null), ('fuel_volume', null), ('fuel_mass', null), ('steam_mass', null), ('steam_energy', null),
    ('heat_energy', null), ('cooling_energy', null), ('air_volume', null), ('water_volume', null)
),
cells as (
    select
        d.meter_id, d.quantity, d.day, t.start, p.meter_id as member, p.meter_id = d.meter_id as above, p.accuracy_class,
        p.loss_share,
        case when shows.inwards then nullif(i.amount[at.slot], 'NaN') when shows.outwards then 0 end as inwards,
        case when shows.outwards then nullif(x.amount[at.slot], 'NaN') else 0 end as outwards,
        least(
            case when shows.inwards then i.coverage[at.slot] else 1 end,
            case when shows.outwards then x.coverage[at.slot] else 1 end
        ) as coverage
    from daily d
    join conserved o on o.quantity = d.quantity
    join meter m on m.id = d.meter_id and m.code in (select parent from meter_term)
    join open.placements p on p.meter_id = d.meter_id or p.parent = m.code
    join meter r on r.id = p.meter_id and (r.source is not null or r.id = d.meter_id)
    cross join lateral (
        select
            exists (select from energy e where e.meter_id = p.meter_id and e.quantity = o.quantity) as inwards,
            exists (select from energy e where e.meter_id = p.meter_id and e.quantity = o.opposite) as outwards
    ) as shows
    cross join lateral (select coalesce((select zone from site), 'UTC') as zone) as park
    cross join lateral generate_series(
        d.day::timestamp at time zone park.zone,
        (d.day + 1)::timestamp at time zone park.zone - interval '15 minutes',
        interval '15 minutes'
    ) as t (start)
    cross join lateral (
        select
            (t.start at time zone 'UTC')::date as day,
            1 + (extract(epoch from t.start)::bigint % 86400 / 900)::integer as slot
    ) as at
    left join energy i on i.meter_id = p.meter_id and i.quantity = o.quantity and i.day = at.day
    left join energy x on x.meter_id = p.meter_id and x.quantity = o.opposite and x.day = at.day
    where t.start >= p.since and t.start < p.until
),
compared as (
    select
        *, bool_and(inwards is not null and outwards is not null) over slot as known, bool_or(not above) over slot as behind,
        bool_or(above) over slot as standing
    from cells
    window slot as (partition by meter_id, quantity, day, start)
),
members as (
    select
        meter_id, quantity, day, member, above, sum(inwards) as inwards, sum(outwards) as outwards, count(*) as slots,
        sum(inwards * loss_share) as expected, sum((inwards + outwards) * (1 - coverage)) as estimated,
        sum((inwards + outwards) * accuracy_class / 100) as error,
        bool_or(accuracy_class is null and inwards + outwards > 0) as unclassed
    from compared
    where known and behind and standing
    group by meter_id, quantity, day, member, above
),
balances as (
    select
        meter_id, quantity, day, sum(inwards - outwards) filter (where above) as total,
        coalesce(sum(inwards - outwards) filter (where not above), 0) as measured,
        sum(inwards) filter (where above) + coalesce(sum(outwards) filter (where not above), 0) as entering,
        sum(expected) filter (where above) as expected, max(slots) as slots,
        case when not bool_or(unclassed) then 2 / sqrt(3) * sqrt(sum(coalesce(error, 0) ^ 2)) + sum(estimated) end as tolerance
    from members
    group by meter_id, quantity, day
)
select
    m.code as meter, m.name_en, m.name_zh, q.carrier, b.quantity, q.unit, b.day, b.total, b.measured, b.total - b.measured as loss,
    case when b.entering > 0 then (b.total - b.measured) / b.entering end as share, b.expected, b.tolerance,
    case
        when b.tolerance is null then null
        when b.total - b.measured > b.expected + b.tolerance then 'lost'
        when b.total - b.measured < -b.tolerance then 'gained'
        else 'within'
    end as verdict,
    b.slots * interval '15 minutes' as compared
from balances b
join meter m on m.id = b.meter_id
join open.quantities q on q.quantity = b.quantity;

comment on view open.daily_balances is 'What entered a meter against what the meters with it as parent measured, by local day; a day without a quarter hour in which all of them are known has no row';
comment on column open.daily_balances.meter is 'Code of the meter upstream';
comment on column open.daily_balances.name_en is 'Name of the meter in English';
comment on column open.daily_balances.name_zh is 'Name of the meter in Chinese';
comment on column open.daily_balances.carrier is 'Energy carrier or medium of the quantity';
comment on column open.daily_balances.quantity is 'Name of the quantity; net of what flows the other way';
comment on column open.daily_balances.unit is 'Unit of the amounts';
comment on column open.daily_balances.day is 'Day in the zone of the park';
comment on column open.daily_balances.total is 'What entered the meter, of the quarter hours compared [unit]';
comment on column open.daily_balances.measured is 'What the meters behind it measured in the same quarter hours [unit]';
comment on column open.daily_balances.loss is 'total less measured: lost, or measured by nobody [unit]';
comment on column open.daily_balances.share is 'Loss by all that came in, 0.02: two percent';
comment on column open.daily_balances.expected is 'Loss that the meter''s loss share lets expect [unit]';
comment on column open.daily_balances.tolerance is 'What accuracy classes and estimates leave open [unit]; null: a meter has no class';
comment on column open.daily_balances.verdict is 'within, lost (more than expected plus tolerance) or gained (less than minus tolerance); null: no tolerance';
comment on column open.daily_balances.compared is 'Time of the day in which every meter''s amount is known';
