set constraints all immediate;
insert into library_entry (library, code, content, first) values ('tariff', 'demo', '{"code": "demo"}', true);
