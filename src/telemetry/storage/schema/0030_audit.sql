-- Who changed what, before and after, and from where: written by the tables themselves at the end of each transaction, never
-- changed, each row with the hash of the one before.
create table audit (
    number bigint primary key,
    at timestamptz not null,
    who text not null,
    origin text not null,
    act text not null check (act in ('insert', 'update', 'delete')),
    kind text not null, -- the table
    name text not null,
    before jsonb,
    after jsonb,
    previous text not null,
    hash text not null
);

create index audit_kind on audit (kind, number);
create index audit_name on audit (name, number);

create function audit_text(row_ audit) returns text language sql stable as $$
    select jsonb_build_array(
        row_.number, to_char(row_.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), row_.who, row_.origin, row_.act, row_.kind,
        row_.name, row_.before, row_.after, row_.previous
    )::text
$$;

create function audit_change() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
    entry audit;
begin
    entry.before := case when tg_op <> 'INSERT' then to_jsonb(old) - 'digest' - 'last_used_at' end;
    entry.after := case when tg_op <> 'DELETE' then to_jsonb(new) - 'digest' - 'last_used_at' end;
    if entry.before = entry.after then
        return null;
    end if;
    perform pg_advisory_xact_lock(7275, 9);
    select number + 1, hash into entry.number, entry.previous from audit order by number desc limit 1;
    entry.number := coalesce(entry.number, 1);
    entry.previous := coalesce(entry.previous, '');
    entry.at := clock_timestamp();
    entry.who := coalesce(nullif(current_setting('parkwatt.who', true), ''), 'parkwatt');
    entry.origin := coalesce(nullif(current_setting('parkwatt.origin', true), ''), 'service');
    entry.act := lower(tg_op);
    entry.kind := tg_table_name;
    entry.name := coalesce(entry.after, entry.before) ->> tg_argv[0];
    if tg_argv[0] = 'meter_id' then
        entry.name := coalesce((select code from meter where id = entry.name::integer), entry.name);
    elsif tg_argv[0] = 'key_id' then
        entry.name := coalesce((select name from api_key where id = entry.name::integer), entry.name);
    end if;
    entry.hash := encode(sha256(convert_to(audit_text(entry), 'UTF8')), 'hex');
    insert into audit select entry.*;
    return null;
end $$;

create function audit_stands() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is only added to';
end $$;

create trigger audit_stands before update or delete or truncate on audit for each statement execute function audit_stands();

create constraint trigger audited after insert or update or delete on area deferrable initially deferred
for each row execute function audit_change('code');
create constraint trigger audited after insert or update or delete on meter deferrable initially deferred
for each row execute function audit_change('code');
create constraint trigger audited after insert or update or delete on meter_term deferrable initially deferred
for each row execute function audit_change('meter_id');
create constraint trigger audited after insert or update or delete on occupancy deferrable initially deferred
for each row execute function audit_change('enterprise');
create constraint trigger audited after insert or update or delete on edition deferrable initially deferred
for each row execute function audit_change('library');
create constraint trigger audited after insert or update or delete on alert_rule deferrable initially deferred
for each row execute function audit_change('code');
create constraint trigger audited after insert or update or delete on api_key deferrable initially deferred
for each row execute function audit_change('name');
create constraint trigger audited after insert or update or delete on api_key_secret deferrable initially deferred
for each row execute function audit_change('key_id');
create constraint trigger audited after insert or update or delete on correction deferrable initially deferred
for each row execute function audit_change('meter_id');
create constraint trigger audited after insert or update or delete on closed_period deferrable initially deferred
for each row execute function audit_change('period');
create constraint trigger audited after insert or update or delete on record deferrable initially deferred
for each row execute function audit_change('name');
create constraint trigger audited after insert or update or delete on declared_day deferrable initially deferred
for each row execute function audit_change('day');
