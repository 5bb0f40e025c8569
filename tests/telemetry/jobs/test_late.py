"""Readings of last month that come in mass while others come live."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from ingest.batch import Batch
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

METERS = ("m1", "m2", "m3")
MINUTES = 20 * 1440
PIECE = 5_000


def _batch(first: datetime, minutes: np.ndarray[Any, np.dtype[np.int64]]) -> Batch:
    """Counters that rise by one a minute."""
    count = len(minutes)
    time = int(first.timestamp()) + np.tile(minutes, len(METERS)) * 60
    rows = np.repeat(np.arange(len(METERS), dtype=np.int32), count)
    values = np.tile(minutes.astype(np.float64), len(METERS))[:, None]
    return Batch("push", METERS, rows, time * 1_000_000, ("energy_import",), values)


def test_late_readings_in_mass_settle_while_others_come_live(
    writer: Writer,
    three: Database,
    basis: Basis,
    now: datetime,
    ask: Callable[..., list[tuple[Any, ...]]],
) -> None:
    first = now - timedelta(minutes=MINUTES)
    worker, over = Worker(three, basis, (now + timedelta(days=1)).timestamp), threading.Event()

    def settle() -> None:
        while not over.is_set():
            worker.step()

    settling = threading.Thread(target=settle)
    settling.start()
    try:
        minutes = np.random.default_rng(1).permutation(np.arange(MINUTES))
        for number, part in enumerate(np.split(minutes, range(PIECE, MINUTES, PIECE))):
            writer.write([_batch(first, np.sort(part))])
            writer.write([_batch(first, np.array([MINUTES + number * 15, MINUTES + number * 15 + 14]))])
        writer.write([_batch(first, np.arange(MINUTES, MINUTES + 121))])
    finally:
        over.set()
        settling.join()
    worker.drain()
    sums = ask(
        "select sum(a) from energy, unnest(amount) a where a <> 'NaN' group by meter_id order by meter_id"
    )
    assert [total for (total,) in sums] == pytest.approx([MINUTES + 120] * 3, rel=1e-9)
    assert ask("select count(*) from dirty") == [(0,)]
    assert ask("select count(*) from reading") == [(3 * (MINUTES + 121),)]
    daily = ask("select sum(amount) from daily group by meter_id")
    assert [total for (total,) in daily] == pytest.approx([MINUTES + 120] * 3, rel=1e-9)
    months = ask("select sum(amount) from monthly group by meter_id")
    assert [total for (total,) in months] == pytest.approx([MINUTES + 120] * 3, rel=1e-9)
