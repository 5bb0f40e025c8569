-- name: areas
select id, code, kind, parent, name_en, name_zh, removed_at
from area
order by id

-- name: meters
select id, code, name_en, name_zh, carrier, source, device, address, serial, rated_kw, max_gap_s, interval_s, stamp, rollover,
    removed_at, gas, replacements
from meter
where %(meters)s::integer[] is null or id = any(%(meters)s::integer[])
order by id

-- name: terms
select meter_id, valid_from, multiplier, area, parent, role, region, formula, accuracy_class, loss_share
from meter_term
where %(meters)s::integer[] is null or meter_id = any(%(meters)s::integer[])
order by meter_id, valid_from

-- name: terms_of
select valid_from, multiplier, area, parent, role, region, formula, accuracy_class, loss_share
from meter_term
where meter_id = %(meter_id)s::integer
order by valid_from

-- name: ids
select id, code
from meter

-- name: put_site
insert into site (code, name_en, name_zh, zone)
values (%(code)s::text, %(en)s::text, %(zh)s::text, %(zone)s::text)
on conflict (one) do update set
    code = excluded.code,
    name_en = excluded.name_en,
    name_zh = excluded.name_zh,
    zone = excluded.zone

-- name: put_area
insert into area (code, kind, parent, name_en, name_zh)
values (%(code)s::text, %(kind)s::text, %(parent)s::text, %(en)s::text, %(zh)s::text)
on conflict (code) do update set
    kind = excluded.kind,
    parent = excluded.parent,
    name_en = excluded.name_en,
    name_zh = excluded.name_zh,
    removed_at = null

-- name: remove_areas
update area
set removed_at = %(now)s::timestamptz
where managed_by = 'file' and removed_at is null and not code = any(%(codes)s::text[])

-- name: settles_otherwise
select id, replacements
from meter
where code = %(code)s::text
    and (max_gap_s, interval_s, stamp, rollover, gas, replacements) is distinct from (
        %(max_gap_s)s::double precision, %(interval_s)s::double precision, %(stamp)s::text, %(rollover)s::jsonb,
        %(gas)s::jsonb, %(replacements)s::jsonb
    )

-- name: put_meter
insert into meter (
    code, name_en, name_zh, carrier, source, device, address, serial, rated_kw, max_gap_s, interval_s, stamp, rollover,
    gas, replacements
)
values (
    %(code)s::text, %(en)s::text, %(zh)s::text, %(carrier)s::text, %(source)s::text, %(device)s::text, %(address)s::text,
    %(serial)s::text, %(rated_kw)s::double precision, %(max_gap_s)s::double precision,
    %(interval_s)s::double precision, %(stamp)s::text, %(rollover)s::jsonb, %(gas)s::jsonb,
    %(replacements)s::jsonb
)
on conflict (code) do update set
    name_en = excluded.name_en,
    name_zh = excluded.name_zh,
    carrier = excluded.carrier,
    source = excluded.source,
    device = excluded.device,
    address = excluded.address,
    serial = excluded.serial,
    rated_kw = excluded.rated_kw,
    max_gap_s = excluded.max_gap_s,
    interval_s = excluded.interval_s,
    stamp = excluded.stamp,
    rollover = excluded.rollover,
    gas = excluded.gas,
    replacements = excluded.replacements,
    removed_at = null

-- name: remove_meters
update meter
set removed_at = %(now)s::timestamptz
where managed_by = 'file' and removed_at is null and not code = any(%(codes)s::text[])

-- name: drop_terms
delete from meter_term
where meter_id = %(meter_id)s::integer

-- name: put_term
insert into meter_term (
    meter_id, valid_from, multiplier, area, parent, role, region, formula, accuracy_class, loss_share
)
values (
    %(meter_id)s::integer, %(valid_from)s::timestamptz, %(multiplier)s::double precision, %(area)s::text,
    %(parent)s::text, %(role)s::text, %(region)s::text, %(formula)s::jsonb,
    %(accuracy_class)s::double precision, %(loss_share)s::double precision
)

-- name: occupancies
select id, area, meter, enterprise, since, until
from occupancy
where managed_by = 'file'

-- name: drop_occupancies
delete from occupancy
where id = any(%(ids)s::integer[])

-- name: put_occupancy
insert into occupancy (area, meter, enterprise, since, until)
values (%(area)s::text, %(meter)s::text, %(enterprise)s::text, %(since)s::timestamptz, %(until)s::timestamptz)
