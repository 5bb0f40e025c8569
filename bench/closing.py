"""Ten thousand meters that close a quarter hour at once: written, settled to the day, shown."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from accounting.grid import SLOT_US
from bench.measure import Measure
from bench.reports import park
from bench.resettle import DEMO
from bench.write import database
from ingest.batch import Batch
from telemetry.jobs.settle import Crew, basis_of
from telemetry.reports import energy
from telemetry.reports.energy import Question
from telemetry.reports.membership import By, Selection
from telemetry.reports.steps import Step, Steps
from telemetry.settings.plan import load_plan
from telemetry.storage import registry
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

METERS = 10_000
ROUNDS = 4
GOAL_S = 5.0
SINCE = datetime(2026, 5, 31, tzinfo=ZoneInfo("UTC"))
_BEFORE = """
insert into daily
    (meter_id, quantity, day, amount, coverage, estimated, provisional, first_settled_at, settled_at)
select m.id, 'energy_import', d, 100, 1, 0, false, now(), now()
from meter m, generate_series(date '2026-05-01', '2026-05-30', interval '1 day') d
"""
_EMITTED = """
insert into emission (meter_id, quantity, day, basis, gas, revision, scope, kg, factor, settled_at)
select meter_id, quantity, day, 'location', 'CO2', revision, 2, amount * 0.44, 'a factor', now()
from daily, unnest(array['reported', 'current']) revision
"""


def batch(number: int) -> Batch:
    """The readings at the end of a quarter hour."""
    codes = tuple(f"m{n}" for n in range(METERS))
    at = int(SINCE.timestamp()) * 1_000_000 + number * SLOT_US
    values = np.full((METERS, 1), 1000.0 + number)
    rows = np.arange(METERS, dtype=np.int32)
    return Batch("push", codes, rows, np.full(METERS, at), ("energy_import",), values)


def shown(db: Database, number: int) -> None:
    """Read the last quarter hour of every meter as the API does."""
    until = datetime.fromtimestamp(SINCE.timestamp() + number * 900, UTC)
    since = datetime.fromtimestamp(until.timestamp() - 900, UTC)
    steps = Steps.covering(Step.QUARTER, ZoneInfo("UTC"), since, until)
    known = registry.load(db)
    with db.connection() as tx:
        found = energy.report(tx, known, Question(steps, Selection(By.METER), ("energy_import",), until))
    assert len(found.series) == METERS
    assert all(each.values == [1.0] for each in found.series)


def closings(db: Database) -> Iterator[float]:
    """Seconds of each quarter hour from the write of its last readings."""
    crew = Crew(db, basis_of(load_plan(DEMO, None)))
    writer = Writer.open(db)
    writer.write([batch(0)])
    crew.drain()
    for number in range(1, ROUNDS + 1):
        start = time.perf_counter()
        writer.write([batch(number)])
        crew.drain()
        shown(db, number)
        yield time.perf_counter() - start
    writer.close()


def measure() -> Iterator[Measure]:
    with database() as url:
        migrate(url)
        db = Database.open(url)
        registry.apply_site(db, park(METERS), datetime(2020, 1, 1, tzinfo=UTC))
        with db.connection() as tx:
            tx.execute(_BEFORE)
            tx.execute(_EMITTED)
            tx.execute("reset role")
            tx.execute("analyze")
        slowest = max(closings(db))
        db.close()
    yield Measure(
        "closing", slowest, GOAL_S, "s", f"{METERS} meters written, settled and shown; reference: the goal"
    )
