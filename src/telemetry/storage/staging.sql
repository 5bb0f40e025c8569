-- name: newest
create temporary table if not exists newest (like reading) on commit delete rows

-- name: settled
create temporary table if not exists settled (
    meter_id integer not null,
    day date not null,
    first smallint not null,
    last smallint not null,
    amount double precision[] not null,
    coverage real[] not null
) on commit delete rows
