insert into monthly_cost values (1, 'energy_import', '2026-03-01', 'demo-park', false, null, '{flat}', '{2}', '{13000}', '2026-03-01', '2026-03-01');
