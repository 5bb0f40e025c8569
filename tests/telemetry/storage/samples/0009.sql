insert into correction (meter_id, quantity, kind, lo, hi, who, reason, made_at) values
    (1, 'energy_import', 'replace', '2026-05-20T00:00:00Z', '2026-05-20T00:00:00Z', 'li.na', 'misread', '2026-05-21T00:00:00Z');
insert into correction_reading (correction_id, time, original, corrected) values (1, '2026-05-20T00:00:00Z', 15889, 15890);
