update alert_evaluation set holder = 'a', leased_until = '2026-07-20T00:00:15Z', evaluated_at = '2026-07-20T00:00:00Z';

insert into alert_transition (id, alert, rule, subject_kind, subject, what, at, since, fired, severity, stage, value, limit_value,
    unit, flapping, corrected, quiet, band, by, note, more)
values ('high/meter:m1/1/fired/1/1', 'high/meter:m1/1', 'high', 'meter', 'm1', 'fired', '2026-07-20T00:00:00Z',
    '2026-07-19T23:59:00Z', '2026-07-20T00:00:00Z', 'warning', 1, 410, 400, 'kW', false, false, '', '', '', '', '{}');

insert into alert (id, rule, subject_kind, subject, severity, stage, since, fired, value, limit_value, unit, flapping, corrected,
    quiet, told, band, more, last_change)
values ('high/meter:m1/1', 'high', 'meter', 'm1', 'warning', 1, '2026-07-19T23:59:00Z', '2026-07-20T00:00:00Z', 410, 400, 'kW',
    false, false, '', true, '', '{}', 1);
