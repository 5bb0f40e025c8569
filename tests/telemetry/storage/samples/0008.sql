insert into settling (stage, days) values ('daily', 365);
