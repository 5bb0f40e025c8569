-- name: lock
select pg_advisory_lock(7275, 1)

-- name: ledger
create table if not exists migration (
    number integer primary key,
    name text not null,
    applied_at timestamptz not null default now()
)

-- name: has_ledger
select to_regclass('migration')

-- name: done
select number from migration

-- name: applied
insert into migration (number, name) values (%(number)s, %(name)s)

-- name: role
do $$
begin
    if not exists (select from pg_roles where rolname = 'parkwatt_service') then
        create role parkwatt_service nologin;
    end if;
exception when duplicate_object or unique_violation then null;
end $$

-- name: reader
do $$
begin
    if not exists (select from pg_roles where rolname = 'parkwatt_reader') then
        create role parkwatt_reader nologin;
    end if;
exception when duplicate_object or unique_violation then null;
end $$

-- name: membership
do $$
declare
    -- Whoever creates a role is a member of it since PostgreSQL 16, and may not take it.
    taking constant text := case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end;
begin
    if not pg_has_role(current_user, 'parkwatt_service', taking) then
        execute format('grant parkwatt_service to %I', current_user);
    end if;
    execute format('grant temporary on database %I to parkwatt_service', current_database());
exception when unique_violation then null;
end $$

-- name: grants
do $$
begin
    grant usage on schema public to parkwatt_service;
    grant select, insert, update, delete on all tables in schema public to parkwatt_service;
    grant usage on all sequences in schema public to parkwatt_service;
    revoke insert, update, delete on migration from parkwatt_service;
    revoke insert, update, delete on audit from parkwatt_service;
    grant usage on schema open to parkwatt_reader;
    grant select on all tables in schema open to parkwatt_reader;
end $$
