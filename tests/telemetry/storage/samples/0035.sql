insert into site_change (name, put_by, put_at, document)
values ('meters: m2', 'li.na', '2026-07-20T00:00:00Z', '{"meters": [{"code": "m2"}]}');
