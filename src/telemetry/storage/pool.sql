-- name: session
do $$
begin
    set role parkwatt_service;
    set timezone to 'UTC';
    set jit to off;
    set work_mem to '64MB';
end $$
