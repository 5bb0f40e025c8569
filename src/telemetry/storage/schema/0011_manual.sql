-- Who read what from a meter's display: the value itself stands in `reading`, in a batch of the source manual.
create table manual_reading (
    meter_id integer not null references meter,
    time timestamptz not null,
    quantity text not null,
    value double precision not null,
    who text not null check (who <> ''),
    note text not null,
    entered_at timestamptz not null default now(),
    primary key (meter_id, time, quantity, value, who)
);
