-- Costs of the statement by band: of each day, and of months kept up to date with their days.

alter table daily add column band_costs jsonb;

-- A day's row for each band; '' where it has none. Days that were priced before band_costs came tell their cost without.
create view priced_day as
select
    d.meter_id, d.quantity, d.day, d.tariff, d.provisional, d.unpriced, part.band, part.amount, part.cost
from daily d
cross join lateral (
    select b.key as band, b.value::double precision as amount, (d.band_costs -> b.key)::numeric as cost
    from jsonb_each(d.bands) as b
    where d.cost is null or d.band_costs is not null
    union all
    select '', d.amount, d.cost
    where d.bands is null or (d.cost is not null and d.band_costs is null)
) as part
where d.cost is not null or d.unpriced is not null;

create table monthly_cost (
    meter_id integer not null,
    quantity text not null,
    month date not null,
    tariff text,
    provisional boolean not null,
    unpriced text, -- the reason
    bands text[] not null,
    amounts double precision[] not null, -- by band
    costs bigint[] not null, -- by band, in ten thousandths of the currency; 0 where unpriced
    first_day date not null,
    last_day date not null
);

create index monthly_cost_meter on monthly_cost (meter_id, quantity, month);

insert into monthly_cost (
    meter_id, quantity, month, tariff, provisional, unpriced, bands, amounts, costs, first_day, last_day
)
select
    meter_id, quantity, month, tariff, provisional, unpriced, array_agg(band order by band), array_agg(amount order by band),
    array_agg((coalesce(cost, 0) * 10000)::bigint order by band), min(first_day), max(last_day)
from (
    select
        meter_id, quantity, date_trunc('month', day)::date as month, tariff, provisional, unpriced, band,
        sum(amount) as amount, sum(cost) as cost, min(day) as first_day, max(day) as last_day
    from priced_day
    group by 1, 2, 3, 4, 5, 6, 7
) as by_band
group by 1, 2, 3, 4, 5, 6;
