"""Readings of last month that come in mass while others come live."""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from ingest.batch import Batch
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.model import Site
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

DAYS = 20
PIECE = 15_000
"""Rows of one write."""


def _batch(meters: int, first: datetime, minutes: np.ndarray[Any, np.dtype[np.int64]]) -> Batch:
    """Counters that rise by one a minute."""
    count, codes = len(minutes), tuple(f"m{n}" for n in range(meters))
    time = int(first.timestamp()) + np.tile(minutes, meters) * 60
    rows = np.repeat(np.arange(meters, dtype=np.int32), count)
    values = np.tile(minutes.astype(np.float64), meters)[:, None]
    return Batch("push", codes, rows, time * 1_000_000, ("energy_import",), values)


def _late(meters: int, rows: int, minutes: int) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
    """The minutes of a month in no order, about `rows` rows at a time."""
    shuffled = np.random.default_rng(1).permutation(np.arange(minutes))
    return [np.sort(part) for part in np.array_split(shuffled, max(1, minutes * meters // rows))]


@pytest.mark.parametrize(
    ("meters", "days"), [(3, DAYS), pytest.param(25, 28, marks=pytest.mark.long)], ids=["small", "a-million"]
)
def test_late_readings_in_mass_settle_while_others_come_live(
    database: Database,
    make_site: Callable[..., Site],
    basis: Basis,
    now: datetime,
    ask: Callable[..., list[tuple[Any, ...]]],
    *,
    meters: int,
    days: int,
) -> None:
    apply_site(database, make_site(*({"code": f"m{n}"} for n in range(meters))), now)
    minutes = days * 1440
    first = now - timedelta(minutes=minutes)
    worker, over = Worker(database, basis, (now + timedelta(days=1)).timestamp), threading.Event()

    def settle() -> None:
        while not over.is_set():
            worker.step()

    settling = threading.Thread(target=settle)
    with closing(Writer.open(database, now.timestamp)) as writer:
        settling.start()
        try:
            for number, part in enumerate(_late(meters, PIECE, minutes)):
                live = np.array([minutes + number * 15, minutes + number * 15 + 14])
                writer.write([_batch(meters, first, part)])
                writer.write([_batch(meters, first, live)])
            end = minutes + number * 15 + 15
            writer.write([_batch(meters, first, np.arange(minutes, end + 1))])
        finally:
            over.set()
            settling.join()
    worker.drain()
    each = [pytest.approx(end, rel=1e-9)] * meters
    sums = "select sum(a) from energy, unnest(amount) a where a <> 'NaN' group by meter_id"
    assert [total for (total,) in ask(sums)] == each
    assert ask("select count(*) from dirty") == [(0,)]
    assert ask("select count(*) from reading") == [(meters * (end + 1),)]
    assert [total for (total,) in ask("select sum(amount) from daily group by meter_id")] == each
    assert [total for (total,) in ask("select sum(amount) from monthly group by meter_id")] == each
