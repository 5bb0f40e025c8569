-- name: listed
select id, area, meter, enterprise, since, until, managed_by
from occupancy
order by coalesce(area, meter), since, id

-- name: put
insert into occupancy (area, meter, enterprise, since, until, managed_by)
values (
    %(area)s::text, %(meter)s::text, %(enterprise)s::text, %(since)s::timestamptz, %(until)s::timestamptz, 'people'
)
returning id

-- name: end
update occupancy
set until = %(until)s::timestamptz
where id = %(id)s::integer and managed_by = 'people'

-- name: remove
delete from occupancy
where id = %(id)s::integer and managed_by = 'people'

-- name: yield
delete from occupancy o
where o.managed_by = 'people'
    and exists (
        select
        from occupancy f
        where f.managed_by = 'file'
            and (f.area, f.meter) is not distinct from (o.area, o.meter)
            and tstzrange(f.since, f.until) && tstzrange(o.since, o.until)
    )
