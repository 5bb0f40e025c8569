-- Devices that took another's place behind a meter: since when [us], and what both counters showed then.
alter table meter add column replacements jsonb not null default '[]';
