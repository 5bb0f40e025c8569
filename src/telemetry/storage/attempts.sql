-- name: begin
insert into sign_in_attempt as a (name, tries, last_at)
values (lower(%(name)s::text), 1, %(now)s::timestamptz)
on conflict (name) do update
set tries = a.tries + 1,
    last_at = excluded.last_at,
    locked_until = case
        when a.tries + 1 >= %(after)s::integer then excluded.last_at + make_interval(
            secs => least(%(longest_s)s::float8, %(first_s)s::float8 * 2 ^ least(a.tries + 1 - %(after)s::integer, 30))
        )
    end
where a.locked_until is null or a.locked_until <= excluded.last_at
returning tries

-- name: locked
select locked_until from sign_in_attempt where name = lower(%(name)s::text)

-- name: succeeded
delete from sign_in_attempt where name = lower(%(name)s::text)

-- name: expire
delete from sign_in_attempt
where last_at < %(before)s::timestamptz and coalesce(locked_until, last_at) < %(before)s::timestamptz
