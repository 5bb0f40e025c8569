set constraints all immediate;
insert into edition (library, hash, since) values ('tariffs', 'def', '2026-07-20T00:00:00Z');
