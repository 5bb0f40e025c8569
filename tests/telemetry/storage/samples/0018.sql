insert into stray (source, unmapped, measurement, meter, time, values)
values ('gateway', true, '', 'M-1', '2026-07-19T16:00:00+08:00', '{"wifi.rssi": -61}');
