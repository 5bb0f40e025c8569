insert into repeatable (digest, fingerprint, answer, begun_at) values ('\x01', '\x02', '\x03', '2026-07-21T00:00:00Z');
