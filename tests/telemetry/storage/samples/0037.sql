insert into broker_counter (source, counter, count, heard_at, risen)
values ('gateways', '$SYS/broker/publish/messages/dropped', 57, '2026-07-20T00:00:00Z', 7);

insert into loss (source, amount, at) values ('gateways', 7, '2026-07-20T00:00:00Z');
