-- How exact a meter is, and what is expected to be lost behind it, dated as all else that a meter is.
alter table meter_term add column accuracy_class double precision check (accuracy_class > 0); -- limit of error [%]
alter table meter_term add column loss_share double precision not null default 0 check (loss_share >= 0 and loss_share < 1);
