-- What people do to alerts, what they enter by hand and whose hourly factors hold: in the audit log as well.
-- The hours of a series stay out of it: they are many, and stand in the series, which is never changed.
create or replace function audit_change() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
    entry audit;
    left_out text[] := array['digest', 'last_used_at'];
begin
    if tg_table_name = 'hourly_series' then
        left_out := left_out || array['hours', 'kg'];
    end if;
    entry.before := case when tg_op <> 'INSERT' then to_jsonb(old) - left_out end;
    entry.after := case when tg_op <> 'DELETE' then to_jsonb(new) - left_out end;
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

create constraint trigger audited after insert on alert_transition deferrable initially deferred
for each row when (new.what in ('acknowledged', 'commented')) execute function audit_change('alert');
create constraint trigger audited after insert or update or delete on alert_silence deferrable initially deferred
for each row execute function audit_change('reason');
create constraint trigger audited after insert or update or delete on manual_reading deferrable initially deferred
for each row execute function audit_change('meter_id');
create constraint trigger audited after insert or update or delete on hourly_series deferrable initially deferred
for each row execute function audit_change('region');
