-- Plans are kept apart by who keeps them: `owner` has the areas that they are let in for, null: the whole park. `lines` and the
-- time tell of which places a version is, and when; versions of before, all the park's, do without.
alter table kept_plan
    add column owner text[],
    add column lines text[] not null default '{}',
    add column since timestamptz,
    add column until timestamptz,
    drop constraint kept_plan_pkey,
    add constraint kept_plan_version unique nulls not distinct (owner, code, version);
