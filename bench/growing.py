"""Writing and settling in parks of 10, 100 and 1 000 meters, beside a bare COPY, a loop and the goal."""

import statistics
from collections.abc import Iterator

import numpy as np
import psycopg

from accounting.grid import DAY_SLOTS, SLOT_US, Grid
from accounting.intervals import Readings, settle
from bench import resettle, write
from bench.measure import Measure, in_turn
from bench.settle import loop
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database

SIZES = (10, 100, 1000)
AT_ONCE = 50
"""Meters whose year is settled in one go, as many as fit beside the others in memory."""
ROUNDS = 3
GOAL_MS = 60.0
"""A meter's year from readings to the statement."""


def written(meters: int) -> Measure:
    """10 000 rows of 20 values, through the writer."""
    rows = write.batches(meters)
    taken = []
    with write.database() as url:
        migrate(url)
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(write.METERS_MADE, [meters - 1])
            data = write.encoded(rows, dict(conn.execute("select code, id from meter").fetchall()))
            for _ in range(ROUNDS + 1):
                bare = write.emptied(conn, url, lambda _: write.copy(conn, data))
                ours = write.emptied(conn, url, lambda writer: write.through(writer, rows))
                taken.append((ours, bare))
    ours, bare = (1e3 * statistics.median(column) / write.BATCHES for column in zip(*taken[1:], strict=True))
    what = f"10 000 rows of {meters} meters, two writers; reference: {write.REFERENCE}"
    return Measure(f"growing.written.{meters}", ours, bare, "ms", what)


def year(meters: int) -> Readings:
    """A counter's reading each quarter hour of a year."""
    count = resettle.DAYS * DAY_SLOTS + 1
    value = np.random.default_rng(1).uniform(0, 10, (meters, count)).cumsum(axis=1)
    time = resettle.FIRST + np.arange(count, dtype=np.int64) * SLOT_US
    return Readings(
        np.repeat(np.arange(meters, dtype=np.int32), count),
        np.tile(time, meters),
        value.ravel(),
        np.full(value.size, 80.0),
        np.full(meters, 1000.0),
        np.full(meters, np.nan),
    )


def settled(meters: int) -> Measure:
    """A year of all meters through the numeric core, some after the others."""
    part = min(meters, AT_ONCE)
    shown, grid = year(part), Grid(resettle.FIRST, resettle.DAYS * DAY_SLOTS)
    ours, plain = in_turn(lambda: settle(shown, grid), lambda: loop(shown, grid), rounds=ROUNDS)
    scale = 1e3 * meters / part
    what = f"a year of {meters} meters on one core; reference: a numpy loop over meters"
    return Measure(f"growing.settled.{meters}", scale * ours, scale * plain, "ms", what)


def stated(meters: int) -> Measure:
    """A year's quarter hours made into the statement anew, by two workers."""
    with write.database() as url:
        migrate(url)
        with psycopg.connect(url) as conn:
            conn.execute(resettle.METERS_MADE, {"meters": meters})
        db = Database.open(url)
        resettle.fill(db)
        resettle.resettle(db)
        taken = resettle.seconds(lambda: resettle.resettle(db))
        db.close()
    what = f"a year of {meters} meters, quarter hours to days, emissions and cost; reference: the goal"
    return Measure(f"growing.statement.{meters}", 1e3 * taken, GOAL_MS * meters, "ms", what)


def measure() -> Iterator[Measure]:
    for meters in SIZES:
        yield written(meters)
        yield settled(meters)
        yield stated(meters)
