-- name: session
do $$
begin
    set role parkwatt_service;
    set timezone to 'UTC';
    set jit to off;
    set work_mem to '64MB';
    set lock_timeout to '10s';
    set idle_in_transaction_session_timeout to '60s';
    set timescaledb.max_tuples_decompressed_per_dml_transaction to 0;
    set client_min_messages to warning;
end $$

-- name: bound
select set_config('statement_timeout', %(longest)s::text, true)
