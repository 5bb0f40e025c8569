-- Who is to be told of which change of an alert, by which channel: written with the change, sent later, kept as a log.
-- What goes in one message shares a `bundle`, the key of its first row, which is set before it is sent and stays.
create table delivery (
    id bigint generated always as identity primary key,
    key text not null unique,
    transition text not null,
    alert text not null,
    what text not null,
    contact text not null,
    channel text not null,
    step smallint not null,
    follow_up boolean not null,
    renewal integer not null,
    notice jsonb not null,
    state text not null default 'waiting' check (state in ('waiting', 'sending', 'sent', 'dead', 'cancelled')),
    bundle text,
    created_at timestamptz not null,
    not_before timestamptz not null,
    due timestamptz not null,
    attempts integer not null default 0,
    holder text,
    leased_until timestamptz,
    tried_at timestamptz,
    sent_at timestamptz,
    error text not null default ''
);

create index delivery_due on delivery (due) where state = 'waiting';
create index delivery_leased on delivery (leased_until) where state = 'sending';
create index delivery_dead on delivery (id) where state = 'dead';
create index delivery_bundle on delivery (bundle);
create index delivery_alert on delivery (alert);
