-- Readings of the last hour that came after newer ones of their meter, until alerts were judged anew by them.
create table alert_late (
    id bigint generated always as identity primary key,
    meter_id integer not null references meter,
    lo timestamptz not null,
    hi timestamptz not null
);

-- A silence that holds on some weekdays and hours alone, on the park's clock; no weekdays: all the time.
alter table alert_silence
    add column weekdays text[] not null default '{}',
    add column clock_begins time not null default '00:00',
    add column clock_ends time not null default '00:00';

create index delivery_settled on delivery (created_at) where state in ('sent', 'dead', 'cancelled');
