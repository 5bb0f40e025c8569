"""InfluxDB's line protocol, as Telegraf and gateways post it."""
