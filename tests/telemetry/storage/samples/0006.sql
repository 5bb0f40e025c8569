insert into meter (code, name_en, name_zh, carrier, max_gap_s, interval_s, stamp, rollover) values
    ('v1', 'Half', '半', 'electricity', 900, 900, 'end', '{}');
insert into meter_term (meter_id, valid_from, multiplier, area, role, region, formula) values
    (2, 'epoch', 1, 'park', 'check', 'CN-GD', '{"energy_import": "0.5 * m1.energy_import"}');
insert into formula_term (meter_id, term_id, quantity, since, until) values
    (2, 1, 'energy_import', 'epoch', '9999-01-01T00:00:00Z');
