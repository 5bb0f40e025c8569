-- What was answered to a request that its sender may send again, sealed with the key that the sender alone has.
create table repeatable (
    digest bytea primary key, -- of who asked and of their key
    fingerprint bytea not null, -- of what was asked
    answer bytea, -- null: it is being answered, or that ended without an answer
    begun_at timestamptz not null
);

create index repeatable_begun on repeatable (begun_at);
