-- What people added to the site's file through the page; the file alone says what holds.
create table site_change (
    number bigint generated always as identity primary key,
    name text not null, -- codes
    put_by text not null,
    put_at timestamptz not null,
    document jsonb not null
);

create constraint trigger audited after insert or update or delete on site_change deferrable initially deferred
for each row execute function audit_change('name');
