-- name: license
select coalesce(current_setting('timescaledb.license', true), 'apache')
from pg_extension
where extname = 'timescaledb'

-- name: loaded
select 1
from pg_available_extensions
where name = 'timescaledb'
    and installed_version is null
    and current_setting('timescaledb.max_background_workers', true) is not null

-- name: install
create extension if not exists timescaledb

-- name: hypertable
select create_hypertable('reading', 'time', chunk_time_interval => interval '7 days', create_default_indexes => false, if_not_exists => true, migrate_data => true)

-- name: chunk_interval
select set_chunk_time_interval('reading', %(chunk)s::interval)

-- name: chunk_edge
select max(range_end)
from timescaledb_information.chunks
where hypertable_schema = 'public' and hypertable_name = 'reading' and range_end <= %(before)s::timestamptz

-- name: owner
set local role none

-- name: drop_chunks
select drop_chunks('reading', older_than => %(bound)s::timestamptz)

-- name: version
select string_to_array(substring(extversion from '^[0-9.]+'), '.')::integer[]
from pg_extension
where extname = 'timescaledb'

-- name: columnar
select from timescaledb_information.hypertables
where hypertable_schema = 'public' and hypertable_name = 'reading' and compression_enabled

-- name: columnstore
alter table reading set (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'meter_id',
    timescaledb.compress_orderby = 'time desc'
)

-- name: policy
select (config ->> 'compress_after')::interval
from timescaledb_information.jobs
where hypertable_schema = 'public' and hypertable_name = 'reading' and proc_name = 'policy_compression'

-- name: remove_policy
select remove_compression_policy('reading', if_exists => true)

-- name: add_policy
select add_compression_policy('reading', %(after)s::interval)
