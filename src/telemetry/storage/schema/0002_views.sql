-- Views for other tools: what stands in schema `open` is documented, readable by parkwatt_reader and kept stable.

create table site (
    one boolean primary key default true check (one),
    code text not null,
    name_en text not null,
    name_zh text not null,
    zone text not null
);

create schema open;
comment on schema open is 'Documented views for other tools, readable by the role parkwatt_reader';

create view open.quantities as
select *
from (
    values
    ('energy_import', 'electricity', 'kWh', 'counter', true, 'Energy import', '正向有功电能'),
    ('energy_export', 'electricity', 'kWh', 'counter', true, 'Energy export', '反向有功电能'),
    ('energy_import_l1', 'electricity', 'kWh', 'counter', true, 'Energy import L1', 'L1正向有功电能'),
    ('energy_import_l2', 'electricity', 'kWh', 'counter', true, 'Energy import L2', 'L2正向有功电能'),
    ('energy_import_l3', 'electricity', 'kWh', 'counter', true, 'Energy import L3', 'L3正向有功电能'),
    ('energy_export_l1', 'electricity', 'kWh', 'counter', true, 'Energy export L1', 'L1反向有功电能'),
    ('energy_export_l2', 'electricity', 'kWh', 'counter', true, 'Energy export L2', 'L2反向有功电能'),
    ('energy_export_l3', 'electricity', 'kWh', 'counter', true, 'Energy export L3', 'L3反向有功电能'),
    ('reactive_import', 'electricity', 'kvarh', 'counter', true, 'Reactive energy import', '正向无功电能'),
    ('reactive_export', 'electricity', 'kvarh', 'counter', true, 'Reactive energy export', '反向无功电能'),
    ('apparent_energy', 'electricity', 'kVAh', 'counter', true, 'Apparent energy', '视在电能'),
    ('energy_import_amount', 'electricity', 'kWh', 'amount', true, 'Energy import of the interval', '时段正向有功电能'),
    ('energy_export_amount', 'electricity', 'kWh', 'amount', true, 'Energy export of the interval', '时段反向有功电能'),
    ('active_power', 'electricity', 'kW', 'gauge', true, 'Active power', '有功功率'),
    ('active_power_l1', 'electricity', 'kW', 'gauge', true, 'Active power L1', 'L1有功功率'),
    ('active_power_l2', 'electricity', 'kW', 'gauge', true, 'Active power L2', 'L2有功功率'),
    ('active_power_l3', 'electricity', 'kW', 'gauge', true, 'Active power L3', 'L3有功功率'),
    ('reactive_power', 'electricity', 'kvar', 'gauge', true, 'Reactive power', '无功功率'),
    ('reactive_power_l1', 'electricity', 'kvar', 'gauge', true, 'Reactive power L1', 'L1无功功率'),
    ('reactive_power_l2', 'electricity', 'kvar', 'gauge', true, 'Reactive power L2', 'L2无功功率'),
    ('reactive_power_l3', 'electricity', 'kvar', 'gauge', true, 'Reactive power L3', 'L3无功功率'),
    ('apparent_power', 'electricity', 'kVA', 'gauge', true, 'Apparent power', '视在功率'),
    ('apparent_power_l1', 'electricity', 'kVA', 'gauge', true, 'Apparent power L1', 'L1视在功率'),
    ('apparent_power_l2', 'electricity', 'kVA', 'gauge', true, 'Apparent power L2', 'L2视在功率'),
    ('apparent_power_l3', 'electricity', 'kVA', 'gauge', true, 'Apparent power L3', 'L3视在功率'),
    ('power_factor', 'electricity', '1', 'gauge', false, 'Power factor', '功率因数'),
    ('power_factor_l1', 'electricity', '1', 'gauge', false, 'Power factor L1', 'L1功率因数'),
    ('power_factor_l2', 'electricity', '1', 'gauge', false, 'Power factor L2', 'L2功率因数'),
    ('power_factor_l3', 'electricity', '1', 'gauge', false, 'Power factor L3', 'L3功率因数'),
    ('voltage', 'electricity', 'V', 'gauge', false, 'Voltage, mean line to neutral', '平均相电压'),
    ('voltage_l1', 'electricity', 'V', 'gauge', false, 'Voltage L1', 'L1相电压'),
    ('voltage_l2', 'electricity', 'V', 'gauge', false, 'Voltage L2', 'L2相电压'),
    ('voltage_l3', 'electricity', 'V', 'gauge', false, 'Voltage L3', 'L3相电压'),
    ('voltage_l1l2', 'electricity', 'V', 'gauge', false, 'Voltage L1-L2', 'L1-L2线电压'),
    ('voltage_l2l3', 'electricity', 'V', 'gauge', false, 'Voltage L2-L3', 'L2-L3线电压'),
    ('voltage_l3l1', 'electricity', 'V', 'gauge', false, 'Voltage L3-L1', 'L3-L1线电压'),
    ('current', 'electricity', 'A', 'gauge', false, 'Current, mean', '平均电流'),
    ('current_l1', 'electricity', 'A', 'gauge', false, 'Current L1', 'L1电流'),
    ('current_l2', 'electricity', 'A', 'gauge', false, 'Current L2', 'L2电流'),
    ('current_l3', 'electricity', 'A', 'gauge', false, 'Current L3', 'L3电流'),
    ('current_n', 'electricity', 'A', 'gauge', false, 'Neutral current', '中性线电流'),
    ('frequency', 'electricity', 'Hz', 'gauge', false, 'Frequency', '频率'),
    ('thd_voltage_l1', 'electricity', '%', 'gauge', false, 'Voltage THD L1', 'L1电压总谐波畸变率'),
    ('thd_voltage_l2', 'electricity', '%', 'gauge', false, 'Voltage THD L2', 'L2电压总谐波畸变率'),
    ('thd_voltage_l3', 'electricity', '%', 'gauge', false, 'Voltage THD L3', 'L3电压总谐波畸变率'),
    ('thd_current_l1', 'electricity', '%', 'gauge', false, 'Current THD L1', 'L1电流总谐波畸变率'),
    ('thd_current_l2', 'electricity', '%', 'gauge', false, 'Current THD L2', 'L2电流总谐波畸变率'),
    ('thd_current_l3', 'electricity', '%', 'gauge', false, 'Current THD L3', 'L3电流总谐波畸变率'),
    ('demand', 'electricity', 'kW', 'gauge', true, 'Demand shown by the meter', '表计需量'),
    ('state_of_charge', 'electricity', '%', 'gauge', false, 'State of charge', '荷电状态'),
    ('gas_volume', 'gas', 'm3', 'counter', true, 'Gas volume, actual conditions', '燃气工况体积'),
    ('gas_volume_0c', 'gas', 'm3', 'counter', true, 'Gas volume at 0 degC, 101.325 kPa', '燃气标况体积(0℃)'),
    ('gas_volume_15c', 'gas', 'm3', 'counter', true, 'Gas volume at 15 degC, 101.325 kPa', '燃气体积(15℃)'),
    ('gas_volume_20c', 'gas', 'm3', 'counter', true, 'Gas volume at 20 degC, 101.325 kPa', '燃气体积(20℃)'),
    ('gas_flow', 'gas', 'm3/h', 'gauge', true, 'Gas flow', '燃气流量'),
    ('gas_pressure', 'gas', 'kPa', 'gauge', false, 'Gas pressure', '燃气压力'),
    ('gas_temperature', 'gas', 'degC', 'gauge', false, 'Gas temperature', '燃气温度'),
    ('fuel_volume', 'fuel', 'L', 'counter', true, 'Liquid fuel volume', '液体燃料体积'),
    ('fuel_mass', 'fuel', 't', 'counter', true, 'Fuel mass', '燃料质量'),
    ('steam_mass', 'steam', 't', 'counter', true, 'Steam mass', '蒸汽质量'),
    ('steam_energy', 'steam', 'GJ', 'counter', true, 'Steam energy', '蒸汽热量'),
    ('steam_flow', 'steam', 't/h', 'gauge', true, 'Steam flow', '蒸汽流量'),
    ('steam_pressure', 'steam', 'kPa', 'gauge', false, 'Steam pressure', '蒸汽压力'),
    ('steam_temperature', 'steam', 'degC', 'gauge', false, 'Steam temperature', '蒸汽温度'),
    ('heat_energy', 'heat', 'GJ', 'counter', true, 'Heat', '热量'),
    ('heat_power', 'heat', 'kW', 'gauge', true, 'Heat power', '热功率'),
    ('heat_volume', 'heat', 'm3', 'counter', true, 'Heat carrier volume', '载热体积'),
    ('heat_flow', 'heat', 'm3/h', 'gauge', true, 'Heat carrier flow', '载热流量'),
    ('heat_supply_temperature', 'heat', 'degC', 'gauge', false, 'Heat supply temperature', '供热温度'),
    ('heat_return_temperature', 'heat', 'degC', 'gauge', false, 'Heat return temperature', '回热温度'),
    ('cooling_energy', 'cooling', 'GJ', 'counter', true, 'Cooling', '冷量'),
    ('cooling_power', 'cooling', 'kW', 'gauge', true, 'Cooling power', '制冷功率'),
    ('cooling_supply_temperature', 'cooling', 'degC', 'gauge', false, 'Chilled supply temperature', '冷冻供水温度'),
    ('cooling_return_temperature', 'cooling', 'degC', 'gauge', false, 'Chilled return temperature', '冷冻回水温度'),
    ('air_volume', 'compressed_air', 'm3', 'counter', true, 'Compressed air at 0 degC, 101.325 kPa', '压缩空气量(标况)'),
    ('air_flow', 'compressed_air', 'm3/h', 'gauge', true, 'Compressed air flow', '压缩空气流量'),
    ('air_pressure', 'compressed_air', 'kPa', 'gauge', false, 'Compressed air pressure', '压缩空气压力'),
    ('water_volume', 'water', 'm3', 'counter', true, 'Water', '水量'),
    ('water_flow', 'water', 'm3/h', 'gauge', true, 'Water flow', '水流量'),
    ('recovered_heat_energy', 'recovered_heat', 'GJ', 'counter', true, 'Recovered heat', '回收余热'),
    ('recovered_heat_power', 'recovered_heat', 'kW', 'gauge', true, 'Recovered heat power', '余热回收功率'),
    ('production_count', 'production', '1', 'counter', false, 'Pieces produced', '产量(件)'),
    ('production_mass', 'production', 't', 'counter', true, 'Mass produced', '产量(质量)'),
    ('running_hours', 'production', 'h', 'counter', false, 'Running hours', '运行时间'),
    ('ambient_temperature', 'ambient', 'degC', 'gauge', false, 'Ambient temperature', '环境温度'),
    ('ambient_humidity', 'ambient', '%', 'gauge', false, 'Relative humidity', '相对湿度'),
    ('irradiance', 'ambient', 'W/m2', 'gauge', false, 'Irradiance', '辐照度')
) as catalogue (quantity, carrier, unit, kind, scaled, name_en, name_zh);

comment on view open.quantities is 'What a meter can show, in one unit each';
comment on column open.quantities.quantity is 'Name of the quantity';
comment on column open.quantities.carrier is 'Energy carrier or medium: electricity, gas, steam and so on';
comment on column open.quantities.unit is 'Unit of every value of it; 1: without unit';
comment on column open.quantities.kind is 'counter: accumulates; gauge: holds at an instant; amount: belongs to an interval';
comment on column open.quantities.scaled is 'Whether a meter''s multiplier applies to it';
comment on column open.quantities.name_en is 'Name in English';
comment on column open.quantities.name_zh is 'Name in Chinese';

create view open.site as
select code as site, name_en, name_zh, zone
from site;

comment on view open.site is 'The park itself';
comment on column open.site.site is 'Code of the park';
comment on column open.site.name_en is 'Name in English';
comment on column open.site.name_zh is 'Name in Chinese';
comment on column open.site.zone is 'Time zone of its days';

create view open.areas as
with recursive below (code, enterprise) as (
    select code, case when kind = 'enterprise' then code end
    from area
    where parent is null
    union all
    select a.code, case when a.kind = 'enterprise' then a.code else b.enterprise end
    from area a
    join below b on a.parent = b.code
)
select a.code as area, a.kind, a.parent, b.enterprise, a.name_en, a.name_zh, a.removed_at
from area a
left join below b on b.code = a.code;

comment on view open.areas is 'Areas of the park: enterprises, workshops, lines, equipment';
comment on column open.areas.area is 'Code of the area';
comment on column open.areas.kind is 'park, enterprise, workshop, line or equipment';
comment on column open.areas.parent is 'Code of the area above; null: the park itself';
comment on column open.areas.enterprise is 'Code of the nearest enterprise at or above the area; null: common';
comment on column open.areas.name_en is 'Name in English';
comment on column open.areas.name_zh is 'Name in Chinese';
comment on column open.areas.removed_at is 'When it went out of service; null: it stands';

create view open.placements as
select
    m.id as meter_id, m.code as meter, t.area, a.kind as area_kind, a.enterprise, t.role, t.parent, t.region, t.since,
    least(
        coalesce(lead(t.since) over (partition by m.id order by t.valid_from), 'infinity'),
        coalesce(m.removed_at, 'infinity')
    ) as until
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

comment on view open.placements is 'Where each meter counted and when; an area''s total is the sum of its boundary meters';
comment on column open.placements.meter_id is 'Number of the meter in the database';
comment on column open.placements.meter is 'Code of the meter';
comment on column open.placements.area is 'Code of the area the meter stands in';
comment on column open.placements.area_kind is 'Kind of the area: park, enterprise, workshop, line or equipment';
comment on column open.placements.enterprise is 'Code of the nearest enterprise at or above the area; null: common';
comment on column open.placements.role is 'boundary: counts into the total of its area; load, generation or check: does not';
comment on column open.placements.parent is 'Code of the meter upstream';
comment on column open.placements.region is 'Region that emission factors are chosen for';
comment on column open.placements.since is 'From here on; a change made during a day counts from the next local day';
comment on column open.placements.until is 'Up to but not including here';

create view open.meters as
select
    m.code as meter, m.name_en, m.name_zh, m.carrier, t.area, a.kind as area_kind, a.enterprise, t.role, t.parent, t.region,
    t.multiplier, m.rated_kw, m.source, m.device, m.serial, l.time as last_reading
from meter m
cross join lateral (
    select *
    from meter_term
    where meter_id = m.id
    order by valid_from <= now() desc, case when valid_from <= now() then valid_from end desc, valid_from
    limit 1
) as t
left join open.areas a on a.area = t.area
left join latest l on l.meter_id = m.id
where m.removed_at is null;

comment on view open.meters is 'Meters in service, as they are now';
comment on column open.meters.meter is 'Code of the meter';
comment on column open.meters.name_en is 'Name of the meter in English';
comment on column open.meters.name_zh is 'Name of the meter in Chinese';
comment on column open.meters.carrier is 'Energy carrier or medium';
comment on column open.meters.area is 'Code of the area the meter stands in';
comment on column open.meters.area_kind is 'Kind of the area: park, enterprise, workshop, line or equipment';
comment on column open.meters.enterprise is 'Code of the nearest enterprise at or above the area; null: common';
comment on column open.meters.role is 'boundary: counts into the total of its area; load, generation or check: does not';
comment on column open.meters.parent is 'Code of the meter upstream';
comment on column open.meters.region is 'Region that emission factors are chosen for';
comment on column open.meters.multiplier is 'CT x PT, or the value of a pulse';
comment on column open.meters.rated_kw is 'Rated power [kW]';
comment on column open.meters.source is 'Code of the source that reads it';
comment on column open.meters.device is 'Code of the device template; null: readings are pushed';
comment on column open.meters.serial is 'Serial number';
comment on column open.meters.last_reading is 'Time of the newest reading; null: never read';

create view open.quarter_hours as
select
    m.code as meter, m.name_en, m.name_zh, p.area, p.area_kind, p.enterprise, p.role, q.carrier, e.quantity, q.unit,
    e.day as utc_day, (s.start at time zone coalesce((select zone from site), 'UTC'))::date as day, s.start, s.amount,
    s.coverage, s.coverage < 1 as estimated
from energy e
join meter m on m.id = e.meter_id
join open.placements p on p.meter_id = e.meter_id
cross join lateral (
    select
        (e.day::timestamp at time zone 'UTC') + (slot - 1) * interval '15 minutes' as start,
        slots.amount,
        slots.coverage
    from unnest(e.amount, e.coverage) with ordinality as slots (amount, coverage, slot)
    where slots.amount <> 'NaN'
        and (e.day::timestamp at time zone 'UTC') + (slot - 1) * interval '15 minutes' >= p.since
        and (e.day::timestamp at time zone 'UTC') + (slot - 1) * interval '15 minutes' < p.until
    offset 0 -- so that only what is asked for is unnested
) as s
join open.quantities q on q.quantity = e.quantity;

comment on view open.quarter_hours is 'Settled amounts of quarter hours; a quarter hour of which nothing is known has no row';
comment on column open.quarter_hours.meter is 'Code of the meter';
comment on column open.quarter_hours.name_en is 'Name of the meter in English';
comment on column open.quarter_hours.name_zh is 'Name of the meter in Chinese';
comment on column open.quarter_hours.area is 'Code of the area the meter stands in';
comment on column open.quarter_hours.area_kind is 'Kind of the area: park, enterprise, workshop, line or equipment';
comment on column open.quarter_hours.enterprise is 'Code of the nearest enterprise at or above the area; null: common';
comment on column open.quarter_hours.role is 'boundary: counts into the total of its area; load, generation or check: does not';
comment on column open.quarter_hours.carrier is 'Energy carrier or medium of the quantity';
comment on column open.quarter_hours.quantity is 'Name of the quantity';
comment on column open.quarter_hours.unit is 'Unit of the amount';
comment on column open.quarter_hours.utc_day is 'Day in UTC; the table is stored by meter and by this day, so bound it in every query';
comment on column open.quarter_hours.day is 'Day in the zone of the park';
comment on column open.quarter_hours.start is 'Start of the quarter hour';
comment on column open.quarter_hours.amount is 'Amount in the quarter hour, in the line (multiplier applied) [unit]';
comment on column open.quarter_hours.coverage is 'Share of the quarter hour that was measured, 0 to 1';
comment on column open.quarter_hours.estimated is 'Whether a part of it was not measured';

create view open.daily as
select
    m.code as meter, m.name_en, m.name_zh, p.area, p.area_kind, p.enterprise, p.role, q.carrier, d.quantity, q.unit, d.day, s.start,
    d.amount, d.estimated, d.coverage, d.peak as peak_kw, d.peak_at, d.bands, d.cost, d.unpriced, d.tariff, d.provisional,
    d.tce, d.coefficient, d.settled_at
from daily d
join meter m on m.id = d.meter_id
cross join lateral (
    select d.day::timestamp at time zone coalesce((select zone from site), 'UTC') as start
) as s
join open.placements p on p.meter_id = d.meter_id and s.start >= p.since and s.start < p.until
join open.quantities q on q.quantity = d.quantity;

comment on view open.daily is 'The statement: one row per meter, quantity and local day';
comment on column open.daily.meter is 'Code of the meter';
comment on column open.daily.name_en is 'Name of the meter in English';
comment on column open.daily.name_zh is 'Name of the meter in Chinese';
comment on column open.daily.area is 'Code of the area the meter stands in';
comment on column open.daily.area_kind is 'Kind of the area: park, enterprise, workshop, line or equipment';
comment on column open.daily.enterprise is 'Code of the nearest enterprise at or above the area; null: common';
comment on column open.daily.role is 'boundary: counts into the total of its area; load, generation or check: does not';
comment on column open.daily.carrier is 'Energy carrier or medium of the quantity';
comment on column open.daily.quantity is 'Name of the quantity';
comment on column open.daily.unit is 'Unit of the amount';
comment on column open.daily.day is 'Day in the zone of the park';
comment on column open.daily.start is 'Start of the day in the zone of the park';
comment on column open.daily.amount is 'Amount of the day [unit]';
comment on column open.daily.estimated is 'Part of the amount that was not fully measured [unit]';
comment on column open.daily.coverage is 'Share of the day that was measured, 0 to 1';
comment on column open.daily.peak_kw is 'Highest mean power of a fully measured quarter hour [kW]; electricity alone';
comment on column open.daily.peak_at is 'Start of that quarter hour';
comment on column open.daily.bands is 'Amount by tariff band [unit] as a JSON object; rows of it stand in daily_bands';
comment on column open.daily.cost is 'Cost of the day in the currency of the tariff; null: see unpriced';
comment on column open.daily.unpriced is 'Why there is no cost';
comment on column open.daily.tariff is 'Code of the tariff';
comment on column open.daily.provisional is 'Whether some of the prices are not the published ones of the day';
comment on column open.daily.tce is 'Standard coal [tce]';
comment on column open.daily.coefficient is 'Coefficient that the standard coal was reckoned with';
comment on column open.daily.settled_at is 'When this row was last settled';

create view open.daily_bands as
select
    m.code as meter, m.name_en, m.name_zh, p.area, p.area_kind, p.enterprise, p.role, q.carrier, d.quantity, q.unit, d.day, s.start,
    b.band, b.amount::double precision as amount, d.tariff
from daily d
cross join lateral jsonb_each_text(d.bands) as b (band, amount)
join meter m on m.id = d.meter_id
cross join lateral (
    select d.day::timestamp at time zone coalesce((select zone from site), 'UTC') as start
) as s
join open.placements p on p.meter_id = d.meter_id and s.start >= p.since and s.start < p.until
join open.quantities q on q.quantity = d.quantity;

comment on view open.daily_bands is 'The day''s amount by tariff band';
comment on column open.daily_bands.meter is 'Code of the meter';
comment on column open.daily_bands.name_en is 'Name of the meter in English';
comment on column open.daily_bands.name_zh is 'Name of the meter in Chinese';
comment on column open.daily_bands.area is 'Code of the area the meter stands in';
comment on column open.daily_bands.area_kind is 'Kind of the area: park, enterprise, workshop, line or equipment';
comment on column open.daily_bands.enterprise is 'Code of the nearest enterprise at or above the area; null: common';
comment on column open.daily_bands.role is 'boundary: counts into the total of its area; load, generation or check: does not';
comment on column open.daily_bands.carrier is 'Energy carrier or medium of the quantity';
comment on column open.daily_bands.quantity is 'Name of the quantity';
comment on column open.daily_bands.unit is 'Unit of the amount';
comment on column open.daily_bands.day is 'Day in the zone of the park';
comment on column open.daily_bands.start is 'Start of the day in the zone of the park';
comment on column open.daily_bands.band is 'Code of the tariff band';
comment on column open.daily_bands.amount is 'Amount of the day in this band [unit]';
comment on column open.daily_bands.tariff is 'Code of the tariff';

create view open.daily_emissions as
select
    m.code as meter, m.name_en, m.name_zh, p.area, p.area_kind, p.enterprise, p.role, q.carrier, d.quantity, d.day, s.start, d.scope,
    d.basis, d.gas, d.revision, d.kg, d.factor, d.shortfall, d.settled_at
from emission d
join meter m on m.id = d.meter_id
cross join lateral (
    select d.day::timestamp at time zone coalesce((select zone from site), 'UTC') as start
) as s
join open.placements p on p.meter_id = d.meter_id and s.start >= p.since and s.start < p.until
join open.quantities q on q.quantity = d.quantity;

comment on view open.daily_emissions is 'What each day emitted, by basis, gas and revision; ask for one revision, or it counts twice';
comment on column open.daily_emissions.meter is 'Code of the meter';
comment on column open.daily_emissions.name_en is 'Name of the meter in English';
comment on column open.daily_emissions.name_zh is 'Name of the meter in Chinese';
comment on column open.daily_emissions.area is 'Code of the area the meter stands in';
comment on column open.daily_emissions.area_kind is 'Kind of the area: park, enterprise, workshop, line or equipment';
comment on column open.daily_emissions.enterprise is 'Code of the nearest enterprise at or above the area; null: common';
comment on column open.daily_emissions.role is 'boundary: counts into the total of its area; load, generation or check: does not';
comment on column open.daily_emissions.carrier is 'Energy carrier or medium of the quantity';
comment on column open.daily_emissions.quantity is 'Name of the quantity';
comment on column open.daily_emissions.day is 'Day in the zone of the park';
comment on column open.daily_emissions.start is 'Start of the day in the zone of the park';
comment on column open.daily_emissions.scope is 'Scope of the GHG Protocol, 1 or 2';
comment on column open.daily_emissions.basis is 'direct (scope 1) or location (scope 2, location-based)';
comment on column open.daily_emissions.gas is 'Gas that kg tells';
comment on column open.daily_emissions.revision is 'reported: with the factors known when the day was first settled; current: as they stand now';
comment on column open.daily_emissions.kg is 'Mass emitted [kg]; null: see shortfall';
comment on column open.daily_emissions.factor is 'Id of the emission factor used';
comment on column open.daily_emissions.shortfall is 'Why there is no mass';
comment on column open.daily_emissions.settled_at is 'When this row was last settled';

create view open.live as
select
    m.meter, m.name_en, m.name_zh, m.area, m.area_kind, m.enterprise, m.role, q.carrier, q.quantity, q.unit, l.time,
    extract(epoch from now() - l.time)::double precision as age_s,
    v.value::double precision * case when q.scaled then m.multiplier else 1 end as value
from latest l
join meter r on r.id = l.meter_id
join open.meters m on m.meter = r.code
cross join lateral jsonb_each_text(to_jsonb(l)) as v (quantity, value)
join open.quantities q on q.quantity = v.quantity
where v.value is not null;

comment on view open.live is 'The last reading of each meter in service, one row per quantity that it showed';
comment on column open.live.meter is 'Code of the meter';
comment on column open.live.name_en is 'Name of the meter in English';
comment on column open.live.name_zh is 'Name of the meter in Chinese';
comment on column open.live.area is 'Code of the area the meter stands in';
comment on column open.live.area_kind is 'Kind of the area: park, enterprise, workshop, line or equipment';
comment on column open.live.enterprise is 'Code of the nearest enterprise at or above the area; null: common';
comment on column open.live.role is 'boundary: counts into the total of its area; load, generation or check: does not';
comment on column open.live.carrier is 'Energy carrier or medium of the quantity';
comment on column open.live.quantity is 'Name of the quantity';
comment on column open.live.unit is 'Unit of the value';
comment on column open.live.time is 'Time of the reading';
comment on column open.live.age_s is 'Age of the reading [s]';
comment on column open.live.value is 'Value in the line: the multiplier of the meter is applied to energies, powers, volumes, masses and flows [unit]';
