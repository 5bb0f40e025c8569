-- Of what a meter shows twice, as steam by mass and by heat, or as gas at several conditions, one counts in standard
-- coal: the days on which both did are made again.
insert into dirty (meter_id, stage, lo, hi)
select meter_id, 'daily', (min(day) - 1) at time zone 'UTC', (max(day) + 2) at time zone 'UTC'
from (
    select meter_id, day
    from daily
    where tce is not null and quantity <> 'energy_import'
    group by meter_id, day
    having count(*) filter (where quantity like 'steam%') > 1 or count(*) filter (where quantity like 'gas%') > 1
) as twice
group by meter_id;
