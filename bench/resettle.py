"""Settled quarter hours of many meters made into the statement anew, beside sums by the database alone."""

import math
import os
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg

from accounting.grid import DAY_SLOTS, SLOT_US, Grid
from bench import processor
from bench.measure import Measure
from bench.write import FIRST_US, database
from telemetry.jobs.settle import Crew, basis_of
from telemetry.settings.plan import load_plan
from telemetry.storage import dirty, energy
from telemetry.storage.energy import QuarterHours
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.readings import Ranges

METERS = 1000
DAYS = int(os.environ.get("PARKWATT_BENCH_DAYS", "365"))
DEMO = Path(__file__).parents[1] / "config" / "demo"
PIECE = 5
"""Days written at once."""
FIRST = FIRST_US - DAYS * DAY_SLOTS * SLOT_US
READ_DAYS = min(DAYS, 30)
READ_SLOTS = READ_DAYS * DAY_SLOTS

METERS_MADE = """
with made as (
    insert into meter (code, name_en, name_zh, carrier, source, max_gap_s, interval_s, stamp, rollover)
    select 'm' || n, '', '', 'electricity', 'bench', 900, 900, 'end', '{}'
    from generate_series(1, %(meters)s) n
    returning id
),
shown as (insert into seen (meter_id, quantity, moved) select id, 'energy_import', true from made)
insert into meter_term (meter_id, valid_from, multiplier, area, role, region)
select id, '2000-01-01', 1, 'bench', 'load', 'CN-GD' from made
"""
_READINGS = """
insert into reading (time, meter_id, batch_id, energy_import)
select %(first)s + n * interval '15 minutes', id, 1, n * 2.5
from meter, generate_series(0, %(count)s) n
order by n, id
"""
_RISES = """
create temporary table rises as
select meter_id, time, energy_import - lag(energy_import) over (partition by meter_id order by time) as amount
from reading
"""
_SUMS = """
create temporary table sums as
select meter_id, quantity, day, (select sum(a) from unnest(amount) a), (select avg(c) from unnest(coverage) c)
from energy
"""


def fill(db: Database) -> None:
    """A year of quarter hours of one quantity."""
    rng = np.random.default_rng(1)
    with db.connection() as tx:
        ids = np.array(tx.execute("select array_agg(id order by id) from meter").fetchall()[0][0], np.int32)
    for day in range(0, DAYS, PIECE):
        start = FIRST + day * DAY_SLOTS * SLOT_US
        count = min(PIECE, DAYS - day) * DAY_SLOTS
        lo, hi = np.full(len(ids), start), np.full(len(ids), start + count * SLOT_US)
        amount = rng.uniform(5, 50, (len(ids), count)).round(2)
        settled = QuarterHours(Grid(start, count), amount, np.ones(amount.shape, np.float32))
        with db.connection() as tx:
            energy.write(tx, "energy_import", Ranges(ids, lo, hi), settled)


def resettle(db: Database) -> None:
    """As after a new library of factors: mark everything, let the workers drain it."""
    with db.connection() as tx:
        dirty.mark_all_energy(tx)
    drain(db)


def drain(db: Database) -> None:
    Crew(db, basis_of(load_plan(DEMO, None))).drain()


def readings(url: str) -> None:
    """A reading each quarter hour, of every meter, in the order in which they come."""
    with psycopg.connect(url) as conn:
        conn.execute(_READINGS, {"first": datetime.fromtimestamp(FIRST / 1e6, UTC), "count": READ_SLOTS})
        conn.execute("analyze reading")


def resettle_readings(db: Database) -> None:
    """As after a multiplier corrected for the past: quarter hours anew, and the statement of them."""
    with db.connection() as tx:
        ids = tx.execute("select array_agg(id) from meter").fetchall()[0][0]
        for meter_id in ids:
            dirty.mark_readings_since(tx, meter_id, datetime.fromtimestamp(FIRST / 1e6, UTC))
    drain(db)


def rises(url: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("set jit to off")
        conn.execute(_RISES)


def sums(url: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("set jit to off")
        conn.execute(_SUMS)


def seconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def worked(url: str, action: Callable[[], None]) -> float:
    """Seconds of processor that an action takes, ours and the database's [s]; NaN where that is elsewhere."""
    server = processor.postmaster(url)
    before = processor.spent(server) + time.process_time() if server else math.nan
    action()
    return processor.spent(server) + time.process_time() - before if server else math.nan


def measure() -> Iterator[Measure]:
    with database() as url:
        migrate(url)
        with psycopg.connect(url) as conn:
            conn.execute(METERS_MADE, {"meters": METERS})
        db = Database.open(url)
        fill(db)
        first, again, plain = (
            seconds(lambda: resettle(db)),
            seconds(lambda: resettle(db)),
            seconds(lambda: sums(url)),
        )
        with db.connection() as tx:
            size, days = tx.execute(
                "select pg_total_relation_size('energy'), count(*) from daily"
            ).fetchall()[0]
        readings(url)
        drain(db)
        spent: list[float] = []
        read = seconds(lambda: spent.append(worked(url, lambda: resettle_readings(db))))
        risen = seconds(lambda: rises(url))
        db.close()
    assert days >= METERS * DAYS
    intervals = METERS * DAYS * DAY_SLOTS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    what = f"{METERS} meters x {DAYS} days of quarter hours to days, emissions and cost"
    reference = f"{what}; reference: sums of the arrays by one session of the database"
    unit = "M intervals/s"
    yield Measure("resettle.first", intervals / first / 1e6, intervals / plain / 1e6, unit, reference)
    yield Measure("resettle.again", intervals / again / 1e6, intervals / plain / 1e6, unit, reference)
    yield Measure("resettle.seconds", again, 60, "s", f"{what}; reference: the goal")
    read_slots, of = METERS * READ_SLOTS / 1e6, f"{METERS} meters x {READ_DAYS} days from readings to days"
    lag = f"{of}; reference: differences of the readings by one session of the database"
    yield Measure("resettle.readings", read_slots / read, read_slots / risen, unit, lag)
    year = read * 365 / READ_DAYS
    yield Measure("resettle.year", year, 60, "s", f"{of}, as long for 365; reference: the goal")
    both = f"{of}, as much for 365, ours and the database's on two processors; reference: the goal"
    yield Measure("resettle.processor", spent[0] * 365 / READ_DAYS / 2, 60, "s", both)
    yield Measure("resettle.memory", peak, 1024, "MiB", "peak of the process; reference: 1 GiB")
    yield Measure(
        "energy.size", size / intervals, 20, "bytes/interval", "table and index; reference: the goal"
    )
