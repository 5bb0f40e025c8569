set constraints all immediate;
insert into person (name, roles, areas, created_by, created_at, password_at)
values ('li.na', '{energy-manager}', null, 'first token', '2026-07-20T00:00:00Z', '2026-07-20T00:00:00Z');
insert into person_secret (person_id, password) select id, '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA' from person;
insert into person_session (digest, person_id, name, origin, browser, created_at, last_used_at)
select '\xbeef', id, name, '192.0.2.7', 'Firefox', '2026-07-20T00:00:00Z', '2026-07-20T00:00:00Z' from person;
insert into person_link (digest, person_id, name, created_by, created_at, expires_at)
select '\xdead', id, name, 'first token', '2026-07-20T00:00:00Z', '2026-07-21T00:00:00Z' from person;
insert into sign_in_attempt (name, tries, last_at) values ('li.na', 1, '2026-07-20T00:00:00Z');
