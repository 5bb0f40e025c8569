insert into manual_reading (meter_id, time, quantity, value, who, note, entered_at) values
    (1, '2026-05-20T00:00:00Z', 'energy_import', 15890, 'li.na', 'display scratched', '2026-05-20T01:00:00Z');
