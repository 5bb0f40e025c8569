insert into site (code, name_en, name_zh, zone) values ('park', 'Park', '园区', 'Asia/Shanghai');
