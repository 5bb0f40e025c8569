-- Months of the statement, kept up to date with it: what the report of a year reads.

create table monthly (
    meter_id integer not null,
    quantity text not null,
    month date not null,
    amount double precision not null,
    days smallint not null,
    measured double precision not null, -- coverage of the days, added up
    primary key (meter_id, quantity, month)
);

-- A row for each factor, or reason for which there is none, that a month's days have.
create table monthly_emission (
    meter_id integer not null,
    quantity text not null,
    month date not null,
    basis text not null,
    gas text not null,
    revision text not null,
    scope smallint not null,
    factor text,
    shortfall text,
    kg double precision,
    days smallint not null, -- with a mass
    measured double precision not null, -- coverage of the days, added up
    first_day date not null,
    last_day date not null
);

create index monthly_emission_meter on monthly_emission (meter_id, quantity, month);

insert into monthly (meter_id, quantity, month, amount, days, measured)
select meter_id, quantity, date_trunc('month', day)::date, sum(amount), count(*), sum(coverage::double precision)
from daily
group by 1, 2, 3;

insert into monthly_emission (
    meter_id, quantity, month, basis, gas, revision, scope, factor, shortfall, kg, days, measured, first_day, last_day
)
select
    e.meter_id, e.quantity, date_trunc('month', e.day)::date, e.basis, e.gas, e.revision, e.scope, e.factor, e.shortfall,
    sum(e.kg), count(e.kg), coalesce(sum(d.coverage::double precision), 0), min(e.day), max(e.day)
from emission e
left join daily d on d.meter_id = e.meter_id and d.quantity = e.quantity and d.day = e.day
group by 1, 2, 3, 4, 5, 6, 7, 8, 9;

-- Five rows of a day's arrays in a page, with room for one more version.
alter table energy set (fillfactor = 80);
