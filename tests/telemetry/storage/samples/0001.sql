insert into area (code, kind, parent, name_en, name_zh) values
    ('park', 'park', null, 'Park', '园区'), ('hall', 'enterprise', 'park', 'Hall', '厂房');
insert into meter (code, name_en, name_zh, carrier, source, max_gap_s, interval_s, stamp, rollover) values
    ('m1', 'Main', '总表', 'electricity', 'push', 900, 900, 'end', '{"energy_import": 1000000}');
insert into meter_term (meter_id, valid_from, multiplier, area, role, region) values
    (1, 'epoch', 80, 'park', 'boundary', 'CN-GD'), (1, '2026-05-19T16:00:00Z', 100, 'hall', 'boundary', 'CN-GD');
insert into batch (source, received_at, row_count) values ('push', '2026-05-20T00:00:00Z', 2);
insert into reading (time, meter_id, batch_id, energy_import, voltage) values
    ('2026-05-01T00:00:00Z', 1, 1, 14250, 230.1), ('2026-05-20T00:00:00Z', 1, 1, 15890, null);
insert into latest (time, meter_id, batch_id, change, energy_import) values
    ('2026-05-20T00:00:00Z', 1, 1, nextval('latest_change'), 15890);
insert into seen (meter_id, quantity, moved) values (1, 'energy_import', true);
insert into conflict (meter_id, time, quantity, standing, offered, batch_id) values
    (1, '2026-05-20T00:00:00Z', 'energy_import', 15890, 15891, 1);
insert into stray (source, meter, time, values) values ('push', 'm9', '2026-05-20T00:00:00Z', '{"voltage": 231}');
insert into reading_flag (meter_id, time, quantity, flag, delta) values
    (1, '2026-05-20T00:00:00Z', 'energy_import', 'reset', -3);
insert into energy (meter_id, quantity, day, amount, coverage)
select 1, 'energy_import', '2026-05-19', array_agg(case when n = 5 then 'NaN' else 1.5 end), array_agg(1)
from generate_series(1, 96) as n;
insert into dirty (meter_id, stage, lo, hi) values (1, 'energy', '2026-05-01T00:00:00Z', '2026-05-20T00:00:00Z');
insert into edition (library, hash, since) values ('factors', 'abc', '2026-05-20T00:00:00Z');
insert into daily (
    meter_id, quantity, day, amount, coverage, estimated, peak, peak_at, bands, cost, tariff, provisional, tce, coefficient,
    first_settled_at, settled_at
) values
    (1, 'energy_import', '2026-05-19', 144, 1, 0, 6, '2026-05-19T02:00:00Z', '{"peak": 144}', 100.5, 't', false, 0.0177,
    'electricity_eq', '2026-05-20T00:00:00Z', '2026-05-20T00:00:00Z');
insert into emission (meter_id, quantity, day, basis, gas, revision, scope, kg, factor, settled_at) values
    (1, 'energy_import', '2026-05-19', 'location', 'CO2', 'reported', 2, 63.6, 'gd.2023', '2026-05-20T00:00:00Z');
