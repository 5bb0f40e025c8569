-- Production plans as planners kept them: each version stays, and the newest without a plan says that it was withdrawn.
create table kept_plan (
    code text not null,
    version integer not null check (version > 0),
    posted jsonb,
    kept_by text not null,
    kept_at timestamptz not null,
    withdrawn_because text,
    primary key (code, version),
    check ((posted is null) = (withdrawn_because is not null))
);
