insert into declared_day (list, day, source, declared_by, declared_at)
values ('sc-three-days-35C', '2026-07-20', 'notice 7', 'li.na', '2026-07-19T16:00:00+08:00');
