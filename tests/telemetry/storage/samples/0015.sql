insert into hourly_series (region, edition, source, hours, kg, first_hour, last_hour, posted_by, posted_at) values
    ('CN-GD', '2026', 'a test', '{494000, 494001}', '{0.44, 0.45}', 494000, 494001, 'a person', '2026-06-01T00:00Z');
