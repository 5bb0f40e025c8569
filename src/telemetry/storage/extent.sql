-- name: database
select current_database(), pg_database_size(current_database()), current_setting('server_version')

-- name: relations
select coalesce(whole.relname, part.relname)::text as name,
    sum(pg_total_relation_size(part.oid))::bigint as bytes,
    sum(greatest(part.reltuples, 0))::bigint as rows
from pg_class part
left join pg_inherits i on i.inhrelid = part.oid
left join pg_class whole on whole.oid = i.inhparent
where part.relkind = 'r'
    and coalesce(whole.relnamespace, part.relnamespace) = 'public'::regnamespace
group by 1
order by 2 desc
