-- What each counter of a broker showed last: by how much it has risen is known through restarts of either side.
create table broker_counter (
    source text,
    counter text,
    count bigint not null,
    heard_at timestamptz not null,
    risen bigint not null default 0, -- when it was heard last
    primary key (source, counter)
);

-- What sources lost of late: messages that their brokers gave up, and rows given up here.
create table loss (
    id bigint generated always as identity primary key,
    source text not null,
    amount bigint not null,
    at timestamptz not null
);
