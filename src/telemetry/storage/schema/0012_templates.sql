-- The templates by which batches were decoded, as they stood: null in a batch that needed none.
alter table batch add column edition text;

create table template_edition (
    edition text not null, -- hash of all the templates of a source
    template text not null, -- code
    content jsonb not null, -- what the template says beside the defaults
    since timestamptz not null, -- when it was first taken up here
    primary key (edition, template)
);
