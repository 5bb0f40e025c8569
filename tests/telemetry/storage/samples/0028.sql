update meter
set replacements = '[{"us": 1719792000000000, "ends": {"energy_import": 906.0}, "starts": {"energy_import": 0.0}}]'
where code = 'm1';
