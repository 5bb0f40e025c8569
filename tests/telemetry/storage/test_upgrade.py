"""Data written at any earlier version stay what they were when the database is brought up to date."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql

from telemetry.storage import migrate as module
from telemetry.storage.migrate import migrate, migrations, pending

pytestmark = pytest.mark.database

SAMPLES = Path(__file__).parent / "samples"
HEAD = max(migrations())
Rows = list[dict[str, Any]]


def _at(conn: Connection[Any], version: int) -> None:
    """The database as that version left it, with its sample data."""
    conn.execute(module._SQL["ledger"])
    for number, (name, text) in migrations().items():
        if number <= version:
            conn.execute(text)
            conn.execute(module._SQL["applied"], {"number": number, "name": name})
            sample = SAMPLES / f"{number:04}.sql"
            conn.execute(sample.read_bytes() if sample.exists() else b"select")


def _tables(conn: Connection[Any]) -> dict[str, Rows]:
    names = conn.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
        " and relname <> 'migration'"
    ).fetchall()
    return {name: _rows(conn, name) for (name,) in names}


def _rows(conn: Connection[Any], table: str) -> Rows:
    asked = sql.SQL("select to_jsonb(t) from {} as t").format(sql.Identifier(table))
    return [row for (row,) in conn.execute(asked)]


@pytest.mark.parametrize("version", range(1, HEAD + 1))
def test_every_row_is_there_after_the_upgrade(empty_url: str, version: int) -> None:
    with psycopg.connect(empty_url) as conn:
        _at(conn, version)
        before = _tables(conn)
    assert all(before.values()), f"without a sample: {[name for name, rows in before.items() if not rows]}"
    migrate(empty_url)
    assert pending(empty_url) == []
    with psycopg.connect(empty_url) as conn:
        after = _tables(conn)
    for table, rows in before.items():
        assert len(after[table]) == len(rows)
        for row in rows:
            assert any({**stands, **row} == stands for stands in after[table]), table


def test_a_reader_finds_what_the_first_version_settled(empty_url: str) -> None:
    with psycopg.connect(empty_url) as conn:
        _at(conn, 1)
    migrate(empty_url)
    with psycopg.connect(empty_url) as conn:
        conn.execute("set role parkwatt_reader")
        days = conn.execute("select meter, area, unit, amount, cost from open.daily").fetchall()
        hours = conn.execute("select count(*), sum(amount) from open.quarter_hours").fetchall()
    assert [(*day[:4], float(day[4])) for day in days] == [("m1", "park", "kWh", 144.0, 100.5)]
    assert hours == [(95, 142.5)]


def test_days_that_counted_steam_twice_in_standard_coal_are_made_again(empty_url: str) -> None:
    added = (
        "insert into daily (meter_id, quantity, day, amount, coverage, estimated, provisional, tce,"
        " first_settled_at, settled_at) values (%s, %s, %s, 1, 1, 0, false, 0.03, now(), now())"
    )
    with psycopg.connect(empty_url) as conn:
        _at(conn, 38)
        conn.execute("delete from dirty")
        for meter, quantity, day in (
            (901, "steam_mass", "2026-05-02"),
            (901, "steam_energy", "2026-05-02"),
            (901, "steam_energy", "2026-05-09"),
            (902, "steam_energy", "2026-05-02"),
        ):
            conn.execute(added, (meter, quantity, day))
    migrate(empty_url)
    with psycopg.connect(empty_url) as conn:
        conn.execute("set time zone 'UTC'")
        marks = conn.execute("select meter_id, stage, lo::date::text, hi::date::text from dirty").fetchall()
    assert marks == [(901, "daily", "2026-05-01", "2026-05-04")]
