-- A stray whose names are the places of numbers in what a device sends: no template mentions them.
alter table stray add column unmapped boolean not null default false;
drop index stray_first;
drop index stray_aside;
create unique index stray_first on stray (source, meter, time, measurement, unmapped) nulls not distinct where not aside;
create unique index stray_aside on stray (source, meter, time, measurement, unmapped, values) nulls not distinct
where aside;
