-- A stray whose values carry names of its sender's own: the measurement that they came in, or ''; null: the
-- catalogue's names. Aside: values that differ from the first that came for the same instant.
alter table stray add column measurement text;
alter table stray add column aside boolean not null default false;
alter table stray drop constraint stray_source_meter_time_key;
create unique index stray_first on stray (source, meter, time, measurement) nulls not distinct where not aside;
create unique index stray_aside on stray (source, meter, time, measurement, values) nulls not distinct where aside;
