insert into occupancy (area, enterprise, since, until) values ('hall', 'hall', '2026-06-30T16:00:00Z', '2026-08-31T16:00:00Z');
