insert into expired (meter_id, until) select id, '2022-01-01 00:15+08' from meter;
