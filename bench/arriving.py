"""A year's reports and the live view while another process writes 30 000 values a second and settles them."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from typing import Any

import numpy as np

from bench.measure import Measure
from bench.reports import NOW, SHOWN, p95, park, year
from bench.resettle import DEMO
from bench.write import NAMES, database
from ingest.batch import Batch
from telemetry.jobs.settle import Worker, basis_of
from telemetry.reports.view import ParkView
from telemetry.settings.current import Current
from telemetry.settings.plan import load_plan
from telemetry.storage import registry
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

METERS = 1000
GOAL = 30_000
"""Values a second."""
LOOK_MS = 100.0
ROWS = GOAL // len(NAMES)


def batch(second: int, meters: int) -> Batch:
    """One second's rows: some meters after the others, each with 20 values."""
    number = np.arange(second * ROWS, (second + 1) * ROWS)
    at = int(NOW.timestamp() * 1e6) + number * 1_000_000 // ROWS
    values = (second + np.random.default_rng(second).random((ROWS, len(NAMES)))) / 3600
    codes = tuple(f"m{n}" for n in range(meters))
    return Batch("push", codes, (number % meters).astype(np.int32), at, NAMES, values)


def feed(url: str, meters: int, over: Event, written: Any) -> None:  # noqa: ANN401  # a multiprocessing.Value
    """Write a batch each second, and settle, until told."""
    db = Database.open(url)
    writer, worker = Writer.open(db), Worker(db, basis_of(load_plan(DEMO, None)))

    def settle() -> None:
        while not over.wait(0.5):
            worker.drain()

    settling = threading.Thread(target=settle)
    settling.start()
    start, second = time.monotonic(), 0
    while not over.is_set():
        writer.write([batch(second, meters)])
        second += 1
        written.value = second * ROWS * len(NAMES) / max(1.0, time.monotonic() - start)
        over.wait(max(0.0, start + second - time.monotonic()))
    settling.join()
    writer.close()
    db.close()


@contextmanager
def arriving(meters: int) -> Iterator[tuple[Database, Callable[[], float]]]:
    """A database of a park that another process feeds, and how many values a second that has written."""
    context = multiprocessing.get_context("spawn")
    over, written = context.Event(), context.Value("d", 0.0)
    with database() as url:
        migrate(url)
        db = Database.open(url)
        registry.apply_site(db, park(meters), datetime(2020, 1, 1, tzinfo=UTC))
        feeding = context.Process(target=feed, args=(url, meters, over, written))
        feeding.start()
        try:
            yield db, lambda: written.value
        finally:
            over.set()
            feeding.join()
            db.close()


def live(db: Database) -> Measure:
    """Looks a second after another, as the service does, at values that came a moment ago."""
    view, begun = ParkView(db, Current(load_plan(DEMO, None))), time.time()
    taken = p95(lambda: view.look(NOW.timestamp() + time.time() - begun), lambda: time.sleep(1))
    what = f"p95 of a look at {SHOWN} meters; reference: the goal"
    return Measure("arriving.live", taken, LOOK_MS, "ms", what)


def measure() -> Iterator[Measure]:
    what = "values written and settled meanwhile; reference: the goal"
    with arriving(METERS) as (db, values):
        for line in year(db, METERS):
            name = line.name.replace("reports", "arriving", 1)
            yield Measure(name, line.ours, line.reference, line.unit, line.what)
        yield Measure("arriving.values", values(), GOAL, "1/s", what)
    with arriving(SHOWN) as (db, values):
        yield live(db)
        yield Measure("arriving.live.values", values(), GOAL, "1/s", what)
