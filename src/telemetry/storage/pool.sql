-- name: session
do $$
begin
    set role parkwatt_service;
    set timezone to 'UTC';
    set jit to off;
    set work_mem to '64MB';
    set lock_timeout to '10s';
    set idle_in_transaction_session_timeout to '60s';
    set client_min_messages to warning;
end $$
