-- What libraries, rules and contracts of files say, entry by entry, so that the audit log shows what a changed one said before.
-- What came with a library when the database first heard of it is not told one by one.
create table library_entry (
    library text not null,
    code text not null,
    content jsonb not null,
    first boolean not null,
    primary key (library, code)
);

create constraint trigger audited after update or delete on library_entry deferrable initially deferred
for each row execute function audit_change('code');
create constraint trigger audited_new after insert on library_entry deferrable initially deferred
for each row when (not new.first) execute function audit_change('code');
