insert into alert_late (meter_id, lo, hi) values (1, '2026-07-20T00:00:00Z', '2026-07-20T00:10:00Z');

update alert_silence set weekdays = '{sat}', clock_begins = '08:00', clock_ends = '12:00';
