insert into closed_period (
    area, period, first_day, last_day, form, hash, figures, closed_by, closed_at
) values
    ('hall', '2026-04', '2026-04-01', '2026-04-30', 1, '5f2c', '[]', 'li.na', '2026-05-02T01:00:00Z');
insert into closed_row (period_id, number, content) values (1, 1, '{"form":1,"sort":"head"}');
