insert into record (
    sort, key, area, name, first_day, last_day, amount, unit, document, note, posted_by, posted_at
) values
    ('activity', 'invoice 7', 'hall', 'diesel', '2026-04-01', '2026-04-30', 2, 't', 'invoice 7', '', 'li.na', '2026-05-02T01:00:00Z');
insert into record_emission (
    record_id, revision, gas, first_day, last_day, scope, amount, kg, factor, settled_at
) values
    (1, 'current', 'CO2', '2026-04-01', '2026-04-30', 1, 2, 6290.2, 'cn.fuelA.diesel', '2026-05-02T01:00:01Z');
insert into dirty_record (record_id) values (1);
