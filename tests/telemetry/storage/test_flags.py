"""Flags left as readings come, beside those of settlement."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from ingest.batch import Batch
from telemetry.model import Site
from telemetry.storage import flags
from telemetry.storage.flags import Flags
from telemetry.storage.pool import Database
from telemetry.storage.readings import Ranges
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database
Made = Callable[..., Batch]


def _flags(db: Database) -> list[tuple[Any, ...]]:
    with db.connection() as conn:
        return conn.execute(
            "select m.code, extract(epoch from f.time)::int, quantity, flag, delta"
            " from reading_flag f join meter m on m.id = f.meter_id order by 1, 2, 3, 4"
        ).fetchall()


def test_doubts_stand_beside_the_readings_they_are_about(
    writer: Writer, three: Database, batch: Made
) -> None:
    writer.write([batch(("m1", 10, {"energy_import": 9.0, "voltage": -2.0}), ("m2", 10, {"voltage": 1.0}))])
    writer.write([batch(("m1", 20, {"energy_import": 8.0}), ("m2", 20, {"voltage": 1.0}))])
    assert _flags(three) == [
        ("m1", 10, "voltage", "range", 2.0),
        ("m1", 20, "energy_import", "counter_back", -1.0),
    ]
    writer.write([batch(("m1", 20, {"energy_import": 8.0}))])
    assert len(_flags(three)) == 2


def test_another_value_at_an_instant_that_has_one_is_flagged(
    writer: Writer, three: Database, batch: Made
) -> None:
    writer.write([batch(("m1", 10, {"energy_import": 9.0}))])
    for _ in range(2):
        writer.write([batch(("m1", 10, {"energy_import": 9.5}))])
    assert _flags(three) == [("m1", 10, "energy_import", "duplicate", 0.5)]


def test_settlement_replaces_its_own_flags_alone(writer: Writer, three: Database, batch: Made) -> None:
    writer.write([batch(("m1", 10, {"energy_import": 9.0}), ("m1", 20, {"energy_import": 8.0}))])
    with three.connection() as conn:
        meter = np.array(conn.execute("select id from meter where code = 'm1'").fetchone(), np.int32)
        whole = Ranges(meter, np.array([0]), np.array([10**15]))
        found = Flags(meter, np.array([20_000_000]), ["reset"], np.array([8.0]))
        flags.replace(conn, "energy_import", whole, found)
        flags.replace(conn, "energy_import", whole, found)
    assert [row[3] for row in _flags(three)] == ["counter_back", "reset"]
    with three.connection() as conn:
        nothing = Flags(meter[:0], np.empty(0, np.int64), [], np.empty(0))
        flags.replace(conn, "energy_import", whole, nothing)
    assert [row[3] for row in _flags(three)] == ["counter_back"]


def test_what_a_meter_is_rated_for_counts_as_the_meter_shows_it(
    database: Database, make_site: Callable[..., Site], now: datetime, batch: Made
) -> None:
    apply_site(database, make_site({"code": "m1", "rated_kw": 1000, "multiplier": 10}), now)
    writer = Writer.open(database, now.timestamp)
    writer.write([batch(("m1", 10, {"active_power": 140.0}), ("m1", 20, {"active_power": 160.0}))])
    writer.close()
    assert _flags(database) == [("m1", 20, "active_power", "range", 10.0)]
