-- The views of schema `open` name every role a meter can have.
do $$
declare
    view text;
begin
    foreach view in array array['placements', 'meters', 'quarter_hours', 'daily', 'daily_bands', 'daily_emissions', 'live'] loop
        execute format(
            'comment on column open.%I.role is %L', view,
            'boundary: counts into the total of its area; sale: leaves the area, counted outwards; load, generation or check: in no total'
        );
    end loop;
end $$;
