-- What people put right: readings replaced or withdrawn (NaN in `reading`: withdrawn, unlike null), amounts set.
create table correction (
    id bigint generated always as identity primary key,
    meter_id integer not null references meter,
    quantity text not null,
    kind text not null check (kind in ('replace', 'withdraw', 'amount', 'undo')),
    lo timestamptz not null,
    hi timestamptz not null, -- of readings the last one's time, of an amount the end of its interval
    amount double precision,
    amounts double precision[], -- what was settled before the amount was set, from lo's quarter hour on
    coverages real[],
    conflict_id bigint, -- the conflict whose value it accepts
    undoes bigint references correction,
    undone_by bigint references correction,
    who text not null check (who <> ''),
    reason text not null check (reason <> ''),
    made_at timestamptz not null default now()
);

create index correction_meter on correction (meter_id, lo);

create table correction_reading (
    correction_id bigint not null references correction,
    time timestamptz not null,
    original double precision not null,
    corrected double precision not null,
    primary key (correction_id, time)
);
