-- The house: registry, readings, settled energy, daily statement.

create table area (
    id integer generated always as identity primary key,
    code text not null unique,
    kind text not null,
    parent text,
    name_en text not null,
    name_zh text not null,
    managed_by text not null default 'file',
    removed_at timestamptz
);

create table meter (
    id integer generated always as identity primary key,
    code text not null unique,
    name_en text not null,
    name_zh text not null,
    carrier text not null,
    source text not null,
    device text,
    address text,
    serial text,
    rated_kw double precision,
    max_gap_s double precision not null,
    interval_s double precision not null,
    stamp text not null check (stamp in ('start', 'end')),
    rollover jsonb not null,
    managed_by text not null default 'file',
    removed_at timestamptz
);

-- What a meter is from a moment on; the newest row not after an instant holds at it.
create table meter_term (
    meter_id integer not null references meter,
    valid_from timestamptz not null,
    multiplier double precision not null,
    area text not null,
    parent text,
    role text not null,
    region text not null,
    primary key (meter_id, valid_from)
);

create table batch (
    id bigint generated always as identity primary key,
    source text not null,
    received_at timestamptz not null default now(),
    row_count integer not null
);

create table reading (
    time timestamptz not null,
    meter_id integer not null,
    batch_id bigint not null,
    energy_import double precision,
    energy_export double precision,
    energy_import_l1 double precision,
    energy_import_l2 double precision,
    energy_import_l3 double precision,
    energy_export_l1 double precision,
    energy_export_l2 double precision,
    energy_export_l3 double precision,
    reactive_import double precision,
    reactive_export double precision,
    apparent_energy double precision,
    energy_import_amount double precision,
    energy_export_amount double precision,
    active_power double precision,
    active_power_l1 double precision,
    active_power_l2 double precision,
    active_power_l3 double precision,
    reactive_power double precision,
    reactive_power_l1 double precision,
    reactive_power_l2 double precision,
    reactive_power_l3 double precision,
    apparent_power double precision,
    apparent_power_l1 double precision,
    apparent_power_l2 double precision,
    apparent_power_l3 double precision,
    power_factor double precision,
    power_factor_l1 double precision,
    power_factor_l2 double precision,
    power_factor_l3 double precision,
    voltage double precision,
    voltage_l1 double precision,
    voltage_l2 double precision,
    voltage_l3 double precision,
    voltage_l1l2 double precision,
    voltage_l2l3 double precision,
    voltage_l3l1 double precision,
    current double precision,
    current_l1 double precision,
    current_l2 double precision,
    current_l3 double precision,
    current_n double precision,
    frequency double precision,
    thd_voltage_l1 double precision,
    thd_voltage_l2 double precision,
    thd_voltage_l3 double precision,
    thd_current_l1 double precision,
    thd_current_l2 double precision,
    thd_current_l3 double precision,
    demand double precision,
    state_of_charge double precision,
    gas_volume double precision,
    gas_volume_0c double precision,
    gas_volume_15c double precision,
    gas_volume_20c double precision,
    gas_flow double precision,
    gas_pressure double precision,
    gas_temperature double precision,
    fuel_volume double precision,
    fuel_mass double precision,
    steam_mass double precision,
    steam_energy double precision,
    steam_flow double precision,
    steam_pressure double precision,
    steam_temperature double precision,
    heat_energy double precision,
    heat_power double precision,
    heat_volume double precision,
    heat_flow double precision,
    heat_supply_temperature double precision,
    heat_return_temperature double precision,
    cooling_energy double precision,
    cooling_power double precision,
    cooling_supply_temperature double precision,
    cooling_return_temperature double precision,
    air_volume double precision,
    air_flow double precision,
    air_pressure double precision,
    water_volume double precision,
    water_flow double precision,
    recovered_heat_energy double precision,
    recovered_heat_power double precision,
    production_count double precision,
    production_mass double precision,
    running_hours double precision,
    ambient_temperature double precision,
    ambient_humidity double precision,
    irradiance double precision
);

create unique index reading_meter_time on reading (meter_id, time);
create index reading_time on reading using brin (time);

-- The newest reading of each meter; `change` grows with every flush, in the order of commits.
create table latest (
    time timestamptz not null,
    meter_id integer primary key references meter,
    batch_id bigint not null,
    change bigint not null,
    energy_import double precision,
    energy_export double precision,
    energy_import_l1 double precision,
    energy_import_l2 double precision,
    energy_import_l3 double precision,
    energy_export_l1 double precision,
    energy_export_l2 double precision,
    energy_export_l3 double precision,
    reactive_import double precision,
    reactive_export double precision,
    apparent_energy double precision,
    energy_import_amount double precision,
    energy_export_amount double precision,
    active_power double precision,
    active_power_l1 double precision,
    active_power_l2 double precision,
    active_power_l3 double precision,
    reactive_power double precision,
    reactive_power_l1 double precision,
    reactive_power_l2 double precision,
    reactive_power_l3 double precision,
    apparent_power double precision,
    apparent_power_l1 double precision,
    apparent_power_l2 double precision,
    apparent_power_l3 double precision,
    power_factor double precision,
    power_factor_l1 double precision,
    power_factor_l2 double precision,
    power_factor_l3 double precision,
    voltage double precision,
    voltage_l1 double precision,
    voltage_l2 double precision,
    voltage_l3 double precision,
    voltage_l1l2 double precision,
    voltage_l2l3 double precision,
    voltage_l3l1 double precision,
    current double precision,
    current_l1 double precision,
    current_l2 double precision,
    current_l3 double precision,
    current_n double precision,
    frequency double precision,
    thd_voltage_l1 double precision,
    thd_voltage_l2 double precision,
    thd_voltage_l3 double precision,
    thd_current_l1 double precision,
    thd_current_l2 double precision,
    thd_current_l3 double precision,
    demand double precision,
    state_of_charge double precision,
    gas_volume double precision,
    gas_volume_0c double precision,
    gas_volume_15c double precision,
    gas_volume_20c double precision,
    gas_flow double precision,
    gas_pressure double precision,
    gas_temperature double precision,
    fuel_volume double precision,
    fuel_mass double precision,
    steam_mass double precision,
    steam_energy double precision,
    steam_flow double precision,
    steam_pressure double precision,
    steam_temperature double precision,
    heat_energy double precision,
    heat_power double precision,
    heat_volume double precision,
    heat_flow double precision,
    heat_supply_temperature double precision,
    heat_return_temperature double precision,
    cooling_energy double precision,
    cooling_power double precision,
    cooling_supply_temperature double precision,
    cooling_return_temperature double precision,
    air_volume double precision,
    air_flow double precision,
    air_pressure double precision,
    water_volume double precision,
    water_flow double precision,
    recovered_heat_energy double precision,
    recovered_heat_power double precision,
    production_count double precision,
    production_mass double precision,
    running_hours double precision,
    ambient_temperature double precision,
    ambient_humidity double precision,
    irradiance double precision
);

create sequence latest_change;

create index latest_by_change on latest (change);

-- Which quantities a meter has ever shown, and whether they ever stood off zero.
create table seen (
    meter_id integer not null references meter,
    quantity text not null,
    moved boolean not null,
    primary key (meter_id, quantity)
);

-- A value that differs from the one that stands: listed, never silently written over it.
create table conflict (
    id bigint generated always as identity primary key,
    meter_id integer not null,
    time timestamptz not null,
    quantity text not null,
    standing double precision not null,
    offered double precision not null,
    batch_id bigint not null,
    seen_at timestamptz not null default now(),
    unique nulls not distinct (meter_id, time, quantity, offered)
);

-- Rows of meters nobody has declared, as they came.
create table stray (
    id bigint generated always as identity primary key,
    source text not null,
    meter text not null,
    time timestamptz not null,
    values jsonb not null,
    received_at timestamptz not null default now(),
    unique (source, meter, time)
);

create table reading_flag (
    meter_id integer not null,
    time timestamptz not null,
    quantity text not null,
    flag text not null,
    delta double precision not null,
    primary key (meter_id, time, quantity, flag)
);

-- One row per meter, quantity and UTC day; arrays of 96 quarter hours, NaN where nothing is known.
create table energy (
    meter_id integer not null,
    quantity text not null,
    day date not null,
    amount double precision[] not null,
    coverage real[] not null,
    primary key (meter_id, quantity, day)
) with (fillfactor = 50);

-- Stage energy: [lo, hi] holds new or changed readings. Stage daily: the settled range changed.
create table dirty (
    id bigint generated always as identity primary key,
    meter_id integer not null,
    stage text not null check (stage in ('energy', 'daily')),
    lo timestamptz not null,
    hi timestamptz not null,
    marked_at timestamptz not null default now()
);

create index dirty_meter on dirty (stage, meter_id);

-- Hash of each library (factors, tariff) that the statement was last made with.
create table edition (
    library text primary key,
    hash text not null,
    since timestamptz not null
);

-- The statement: one row per meter, quantity and local day; `estimated` is the part of the amount not fully measured,
-- `peak` the highest mean power of a fully measured quarter hour, `unpriced` the reason why there is no cost.
create table daily (
    meter_id integer not null,
    quantity text not null,
    day date not null,
    amount double precision not null,
    coverage real not null,
    estimated double precision not null,
    peak double precision,
    peak_at timestamptz,
    bands jsonb,
    cost numeric,
    unpriced text,
    tariff text,
    provisional boolean not null,
    tce double precision,
    coefficient text,
    first_settled_at timestamptz not null,
    settled_at timestamptz not null,
    primary key (meter_id, quantity, day)
);

create index daily_day on daily (day);

-- Emissions keep revisions: 'reported' as first settled, 'current' as the factors stand now.
create table emission (
    meter_id integer not null,
    quantity text not null,
    day date not null,
    basis text not null,
    gas text not null,
    revision text not null check (revision in ('reported', 'current')),
    scope smallint not null,
    kg double precision,
    factor text,
    shortfall text,
    settled_at timestamptz not null,
    primary key (meter_id, quantity, day, basis, gas, revision)
);

create index emission_day on emission (day);
