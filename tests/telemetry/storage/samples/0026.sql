insert into alert_silence (maintenance, begins, ends, rules, meters, areas, sources, reason, made_by, made_at)
values (true, '2026-07-20T00:00:00Z', '2026-07-20T08:00:00Z', '{}', '{m1}', '{}', '{}', 'new transformer', 'li.na', '2026-07-19T00:00:00Z');

insert into alert_rule (code, document, put_by, put_at, reason)
values ('high', '{"kind": "limit", "code": "high", "name": {"en": "High", "zh": "高"}, "quantity": "active_power", "above": "400 kW"}',
    'li.na', '2026-07-19T00:00:00Z', 'first try');
