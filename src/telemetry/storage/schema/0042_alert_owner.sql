-- Rules and silences of whoever is let in for single areas: `owner` has those, null: the whole park.
alter table alert_rule add column owner text[];
alter table alert_silence add column owner text[];
