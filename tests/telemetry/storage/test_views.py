"""What other tools read of the views in schema `open`, and what the role that reads them may do."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.rows import dict_row

from accounting import multiplier
from accounting.grid import SLOT_US, Grid
from accounting.quantity import CATALOGUE
from ingest.batch import Batch
from telemetry.model import Role, Site
from telemetry.storage import daily, emission, energy
from telemetry.storage.daily import Statement
from telemetry.storage.emission import Emissions
from telemetry.storage.energy import QuarterHours
from telemetry.storage.pool import Database
from telemetry.storage.readings import Ranges
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

MOVED = "2026-05-20T00:00:00+08:00"
MOVED_US = round(datetime.fromisoformat(MOVED).timestamp() * 1e6)
DAYS = [date(2026, 5, 19), date(2026, 5, 20)]
MISSING = [None, np.nan]
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def park(database: Database, make_site: Callable[..., Site], now: datetime) -> Database:
    meters = (
        {"code": "main", "role": "boundary", "multiplier": 80},
        {"code": "press", "role": "boundary", "history": [{"from": MOVED, "area": "hall"}]},
        {"code": "gone"},
    )
    apply_site(database, make_site(*meters), now)
    apply_site(database, make_site(*meters[:2]), now)
    return database


@pytest.fixture
def ask(migrated_url: str) -> Iterator[Ask]:
    """Rows of a query of a user who is a reader and no more."""
    with psycopg.connect(migrated_url, row_factory=dict_row, autocommit=True) as conn:
        conn.execute("set role parkwatt_reader")
        yield lambda question, *values: conn.execute(question, values or None).fetchall()


def _ids(db: Database) -> dict[str, int]:
    with db.connection() as conn:
        return dict(conn.execute("select code, id from meter").fetchall())


def _settle(db: Database, meter: str, lo: int, amounts: list[float], coverage: float = 1.0) -> None:
    grid = Grid(lo, len(amounts))
    ids = np.array([_ids(db)[meter]], np.int32)
    shown = QuarterHours(grid, np.array([amounts]), np.full((1, len(amounts)), coverage, np.float32))
    with db.connection() as conn:
        ranges = Ranges(ids, np.array([lo]), np.array([lo + len(amounts) * SLOT_US]))
        energy.write(conn, "energy_import", ranges, shown)


def _state(db: Database, meter: str, now: datetime) -> None:
    """Two days of which the second has neither peak nor cost nor factor."""
    two = np.full(2, _ids(db)[meter], np.int32)
    days, names = np.array(DAYS, "M8[D]"), ["energy_import"] * 2
    rows = Statement(
        two,
        names,
        days,
        amount=np.array([24.0, 48.0]),
        coverage=np.array([1.0, 0.5]),
        estimated=np.array([0.0, 24.0]),
        peak=np.array([4.0, np.nan]),
        peak_at=np.array(["2026-05-19T02:00", "2026-05-19T02:00"], "M8[us]"),
        bands=['{"peak": 8.0, "valley": 16.0}', None],
        band_costs=['{"peak": 8.5, "valley": 4.0}', None],
        cost=np.array([12.5, np.nan]),
        unpriced=[None, "no tariff"],
        tariff=["t", None],
        provisional=np.array([True, False]),
        tce=np.array([0.003, np.nan]),
        coefficient=["electricity_eq", None],
    )
    emitted = Emissions(
        two,
        names,
        days,
        basis=["location"] * 2,
        gas=["CO2"] * 2,
        revision=["current"] * 2,
        scope=np.array([2, 2], np.int16),
        kg=np.array([10.6, np.nan]),
        factor=["gd.2023", None],
        shortfall=[None, "no factor"],
    )
    with db.connection() as conn:
        daily.write(conn, rows, now)
        emission.replace(conn, rows, emitted, now)


def test_quantities_are_the_catalogue(ask: Ask) -> None:
    rows = ask("select * from open.quantities")
    assert [tuple(row.values()) for row in rows] == [
        (q.name, q.carrier.value, q.unit, q.kind.value, multiplier.scales(q.name), q.en, q.zh)
        for q in CATALOGUE.values()
    ]


def test_every_view_and_column_says_what_it_holds(ask: Ask) -> None:
    rows = ask(
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'open'::regnamespace and a.attnum > 0"
        " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)"
    )
    assert rows == []


def test_every_role_of_a_meter_is_told(ask: Ask) -> None:
    rows = ask(
        "select c.relname, col_description(c.oid, a.attnum) as told from pg_class c"
        " join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'open'::regnamespace and a.attname = 'role'"
    )
    assert len(rows) > 1
    assert [(row["relname"], role) for row in rows for role in Role if role not in row["told"]] == []


def test_areas_name_their_enterprise_and_the_site_its_zone(ask: Ask) -> None:
    rows = ask("select area, enterprise from open.areas order by area")
    assert [tuple(row.values()) for row in rows] == [("hall", "hall"), ("park", None)]
    assert ask("select * from open.site") == [
        {"site": "park", "name_en": "Park", "name_zh": "园区", "zone": "Asia/Shanghai"}
    ]


def test_what_stands_below_an_enterprise_belongs_to_the_nearest(
    park: Database, make_site: Callable[..., Site], now: datetime, ask: Ask
) -> None:
    tree = (("park", "park", None), ("hall", "enterprise", "park"), ("shop", "workshop", "hall"))
    lower = (("guest", "enterprise", "shop"), ("line", "line", "guest"))
    areas = [
        {"code": code, "kind": kind, "parent": parent, "name": {"en": code, "zh": code}}
        for code, kind, parent in (*tree, *lower)
    ]
    apply_site(park, make_site({"code": "main"}, areas=areas), now)
    rows = ask("select area, enterprise from open.areas")
    assert {row["area"]: row["enterprise"] for row in rows} == {
        "park": None,
        "hall": "hall",
        "shop": "hall",
        "guest": "guest",
        "line": "guest",
    }


def test_meters_in_service_stand_where_they_stand_now(ask: Ask) -> None:
    rows = ask("select meter, area, enterprise, multiplier, last_reading from open.meters order by meter")
    assert [tuple(row.values()) for row in rows] == [
        ("main", "park", None, 80.0, None),
        ("press", "hall", "hall", 1.0, None),
    ]


def test_quarter_hours_with_the_area_of_their_time(park: Database, ask: Ask) -> None:
    _settle(park, "press", MOVED_US - 2 * SLOT_US, [1.0, np.nan, 3.0])
    _settle(park, "press", MOVED_US + SLOT_US, [4.0], 0.5)
    rows = ask("select * from open.quarter_hours order by start")
    assert [(row["amount"], row["area"], row["enterprise"], row["day"]) for row in rows] == [
        (1.0, "park", None, DAYS[0]),
        (3.0, "hall", "hall", DAYS[1]),
        (4.0, "hall", "hall", DAYS[1]),
    ]
    assert rows[1]["start"] == datetime.fromisoformat(MOVED)
    assert [(row["coverage"], row["estimated"]) for row in rows] == [(1, False), (1, False), (0.5, True)]
    assert {(row["utc_day"], row["unit"], row["carrier"]) for row in rows} == {
        (DAYS[0], "kWh", "electricity")
    }


def test_a_move_during_a_day_counts_from_the_next(
    park: Database, make_site: Callable[..., Site], now: datetime, ask: Ask
) -> None:
    moved = {"code": "press", "history": [{"from": "2026-05-20T10:00:00+08:00", "area": "hall"}]}
    apply_site(park, make_site({"code": "main"}, moved), now)
    _settle(park, "press", MOVED_US + 95 * SLOT_US, [1.0, 2.0])
    rows = ask("select amount, area from open.quarter_hours order by start")
    assert [tuple(row.values()) for row in rows] == [(1.0, "park"), (2.0, "hall")]


def test_a_meter_out_of_service_counts_until_then(park: Database, now: datetime, ask: Ask) -> None:
    _settle(park, "gone", round(now.timestamp() * 1e6) - SLOT_US, [1.0, 2.0])
    assert [row["amount"] for row in ask("select amount from open.quarter_hours")] == [1.0]


def test_the_statement_its_bands_and_its_emissions(park: Database, now: datetime, ask: Ask) -> None:
    _state(park, "press", now)
    first, second = ask("select * from open.daily order by day")
    assert (first["area"], second["area"]) == ("park", "hall")
    assert first["start"] == datetime(2026, 5, 18, 16, tzinfo=UTC)
    assert (first["amount"], float(first["cost"]), first["peak_kw"]) == (24.0, 12.5, 4.0)
    assert (second["cost"], second["peak_kw"], second["tce"]) == (None, None, None)
    assert (second["unpriced"], second["estimated"]) == ("no tariff", 24.0)
    bands = ask("select day, band, amount from open.daily_bands order by band")
    assert [tuple(row.values()) for row in bands] == [(DAYS[0], "peak", 8.0), (DAYS[0], "valley", 16.0)]
    emitted = ask("select area, scope, kg, factor, shortfall from open.daily_emissions order by day")
    assert [tuple(row.values()) for row in emitted] == [
        ("park", 2, 10.6, "gd.2023", None),
        ("hall", 2, None, None, "no factor"),
    ]


def test_live_values_are_those_of_the_line(
    park: Database, now: datetime, batch: Callable[..., Batch], ask: Ask
) -> None:
    writer = Writer.open(park, now.timestamp)
    values = {"active_power": 0.1 + 0.2, "voltage": 230.1}
    writer.write([batch(("main", round(now.timestamp()), values), ("gone", 5, values))])
    writer.close()
    rows = ask("select meter, quantity, unit, value, time from open.live order by quantity")
    assert [tuple(row.values()) for row in rows] == [
        ("main", "active_power", "kW", (0.1 + 0.2) * 80, now),
        ("main", "voltage", "V", 230.1, now),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "select from reading",
        "select from energy",
        "select from public.site",
        "insert into open.site values ('x', 'x', 'x', 'UTC')",
        "update open.site set zone = 'UTC'",
        "delete from open.site",
        "create table open.mine (x int)",
        "create table public.mine (x int)",
    ],
)
def test_a_reader_may_read_the_views_alone(ask: Ask, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(statement)


def test_the_reader_cannot_log_in_itself(ask: Ask) -> None:
    assert ask("select rolcanlogin from pg_roles where rolname = 'parkwatt_reader'") == [
        {"rolcanlogin": False}
    ]


@pytest.mark.parametrize(
    ("view", "table", "day", "index"),
    [
        ("quarter_hours", "energy", "utc_day", "energy_pkey"),
        ("daily", "daily", "day", "daily_pkey"),
        ("daily_emissions", "emission", "day", "emission_pkey"),
    ],
)
def test_a_meter_and_days_are_found_by_the_index(
    migrated_url: str, view: str, table: str, day: str, index: str
) -> None:
    """A plan that reads the whole table is out of question only if the conditions reach the index."""
    with psycopg.connect(migrated_url) as conn:
        conn.execute("drop index daily_day, emission_day")  # of an empty table either index costs the same
        conn.execute("set enable_seqscan to off")
        conn.execute("set enable_bitmapscan to off")
        conn.execute("set enable_hashjoin to off")
        conn.execute("set enable_mergejoin to off")
        (found,) = conn.execute(
            f"explain (format json) select * from open.{view} where meter = 'main'"  # noqa: S608  # three names above
            f" and {day} between '2026-05-01' and '2026-05-31'"
        ).fetchone() or ([],)
    (scan,) = [node for node in _nodes(found[0]["Plan"]) if node.get("Relation Name") == table]
    assert scan["Index Name"] == index
    assert "meter_id = " in scan["Index Cond"]
    assert "day >= " in scan["Index Cond"]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)
