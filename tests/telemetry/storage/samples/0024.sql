insert into api_key (name, roles, areas, created_by, created_at) values ('edge', '{}', '{hall}', 'Ada', '2026-07-20T00:00:00+08:00');
insert into api_key_secret (key_id, digest, created_at)
values ((select id from api_key where name = 'edge'), '\x00ff', '2026-07-20T00:00:00+08:00');
