insert into batch (source, edition, row_count) values ('line-1', '0123456789abcdef', 1);
insert into template_edition values ('0123456789abcdef', 'meter-x', '{"code": "meter-x"}', '2026-06-01T00:00Z');
