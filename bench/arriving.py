"""The reports of a year while another process writes 30 000 values a second and settles them."""

import multiprocessing
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from typing import Any

import numpy as np

from bench.measure import Measure
from bench.reports import NOW, park, year
from bench.resettle import DEMO
from bench.write import NAMES, database
from ingest.batch import Batch
from telemetry.jobs.settle import Worker, basis_of
from telemetry.settings.plan import load_plan
from telemetry.storage import registry
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

METERS = 1000
GOAL = 30_000
"""Values a second."""
ROWS = GOAL // len(NAMES)


def batch(second: int) -> Batch:
    """One second's rows: some meters after the others, each with 20 values."""
    number = np.arange(second * ROWS, (second + 1) * ROWS)
    at = int(NOW.timestamp() * 1e6) + number // METERS * 1_000_000
    values = (second + np.random.default_rng(second).random((ROWS, len(NAMES)))) / 3600
    codes = tuple(f"m{n}" for n in range(METERS))
    return Batch("push", codes, (number % METERS).astype(np.int32), at, NAMES, values)


def feed(url: str, over: Event, written: Any) -> None:  # noqa: ANN401  # a multiprocessing.Value
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
        writer.write([batch(second)])
        second += 1
        written.value = second * ROWS * len(NAMES) / max(1.0, time.monotonic() - start)
        over.wait(max(0.0, start + second - time.monotonic()))
    settling.join()
    writer.close()
    db.close()


def measure() -> Iterator[Measure]:
    context = multiprocessing.get_context("spawn")
    over, written = context.Event(), context.Value("d", 0.0)
    with database() as url:
        migrate(url)
        db = Database.open(url)
        registry.apply_site(db, park(METERS), datetime(2020, 1, 1, tzinfo=UTC))
        feeding = context.Process(target=feed, args=(url, over, written))
        feeding.start()
        try:
            for line in year(db, METERS):
                name = line.name.replace("reports", "arriving", 1)
                yield Measure(name, line.ours, line.reference, line.unit, line.what)
        finally:
            over.set()
            feeding.join()
            db.close()
    what = "values written and settled meanwhile; reference: the goal"
    yield Measure("arriving.values", written.value, GOAL, "1/s", what)
