insert into kept_plan (code, version, posted, kept_by, kept_at, withdrawn_because)
values
    ('tuesday', 1, '{"from": "2026-11-24", "to": "2026-11-25", "jobs": [{"code": "J1", "line": "m1", "power_kw": 100, "duration_min": 60}]}', 'li.na', '2026-11-23T16:00:00+08:00', null),
    ('tuesday', 2, null, 'li.na', '2026-11-23T17:00:00+08:00', 'not needed');
