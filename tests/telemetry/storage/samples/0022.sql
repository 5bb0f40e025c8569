insert into delivery (
    key, transition, alert, what, contact, channel, step, follow_up, renewal, notice, created_at, not_before, due
)
values (
    '0123456789abcdef0123456789abcdef', 'demand/meter:M-101/1/fired/1/1', 'demand/meter:M-101/1', 'fired', 'duty',
    'mail', 0, true, 0, '{"rule": "demand"}', '2026-07-19T16:00:00+08:00', '2026-07-19T16:00:00+08:00',
    '2026-07-19T16:00:10+08:00'
);
