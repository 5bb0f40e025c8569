-- Who uses an area or a meter, from when to when; where an area or meter has rows, nobody has it in between.
create table occupancy (
    id integer generated always as identity primary key,
    area text,
    meter text,
    enterprise text not null, -- code of its area
    since timestamptz not null,
    until timestamptz,
    managed_by text not null default 'file',
    check (num_nonnulls(area, meter) = 1),
    check (until > since)
);

create index occupancy_area on occupancy (area);
create index occupancy_meter on occupancy (meter);

-- Below the routes: whoever is let in for single areas asks as parkwatt_tenant, which sees of these tables what the scope of
-- its transaction names, and without a scope nothing. Everybody else goes by grants alone. No policy names a role, so that a dump
-- restores where the roles are not made yet.
alter table area enable row level security, force row level security;
alter table meter enable row level security, force row level security;
alter table meter_term enable row level security, force row level security;
alter table occupancy enable row level security, force row level security;
alter table record enable row level security, force row level security;
alter table correction enable row level security, force row level security;

create policy scope on area using (
    current_user <> 'parkwatt_tenant' or code = any(nullif(current_setting('parkwatt.areas', true), '')::text[])
);
create policy scope on meter using (
    current_user <> 'parkwatt_tenant' or id = any(nullif(current_setting('parkwatt.meters', true), '')::integer[])
);
create policy scope on meter_term using (
    current_user <> 'parkwatt_tenant' or meter_id = any(nullif(current_setting('parkwatt.meters', true), '')::integer[])
);
create policy scope on occupancy using (current_user <> 'parkwatt_tenant');
create policy scope on record using (current_user <> 'parkwatt_tenant');
create policy scope on correction using (
    current_user <> 'parkwatt_tenant' or meter_id = any(nullif(current_setting('parkwatt.meters', true), '')::integer[])
);
