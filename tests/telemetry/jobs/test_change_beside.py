"""What changes by which meters are settled, while others settle."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from accounting.factors import Factor
from ingest.batch import Batch
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.model import Site
from telemetry.reports.factors import Factors
from telemetry.storage import dirty, edition, registry
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

START = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp())
QUARTER = 900
Made = Callable[..., Batch]
Ask = Callable[[str], list[tuple[Any, ...]]]
WAITING = "select count(*) > 0 from pg_locks where not granted"
SETTLED = "select sum(a), count(a) from energy, unnest(amount) a where a <> 'NaN'"


def _rows(first: int, last: int) -> list[Any]:
    return [("m1", START + n * QUARTER, {"energy_import": 10.0 * n}) for n in range(first, last)]


def _until(true: Callable[[], bool]) -> None:
    over = time.monotonic() + 120
    while not true():
        assert time.monotonic() < over
        time.sleep(0.02)


def test_what_comes_while_a_site_is_applied_is_settled_by_that_site(
    three: Database,
    writer: Writer,
    worker: Worker,
    batch: Made,
    make_site: Callable[..., Site],
    ask: Ask,
) -> None:
    writer.write([batch(*_rows(0, 50))])
    worker.drain()
    doubled = make_site({"code": "m1", "multiplier": 2.0}, {"code": "m2"}, {"code": "m3"})
    draining = threading.Thread(target=worker.drain)
    with three.connection() as tx:
        edition.change(tx)
        registry._meters(tx, doubled, datetime.fromtimestamp(START, UTC))
        writer.write([batch(*_rows(50, 200))])
        draining.start()
        _until(lambda: not draining.is_alive() or ask(WAITING) == [(True,)])
    draining.join(120)
    worker.drain()
    assert ask(SETTLED) == [(pytest.approx(199 * 20.0), 199)]


def test_one_that_settles_by_what_held_before_leaves_the_marks_to_the_others(
    three: Database, writer: Writer, basis: Basis, batch: Made, ask: Ask, now: datetime
) -> None:
    factors: tuple[Factor, ...] = tuple(replace(f, value=2 * f.value) for f in basis.factors.library)
    revised = replace(basis, factors=Factors(factors, basis.factors.regions))
    before, after = (Worker(three, each, now.timestamp) for each in (basis, revised))
    before.start()
    writer.write([batch(*_rows(0, 97))])
    before.drain()
    asked = "select sum(kg) from emission where revision = 'current'"
    [(kg,)] = ask(asked)
    after.start()
    assert not before.step()
    assert ask("select stage from dirty") == [("daily",)]
    after.drain()
    assert ask(asked) == [(pytest.approx(2 * kg),)]
    with three.connection() as tx:
        dirty.mark_all_energy(tx)
    before.start()
    before.drain()
    assert ask(asked) == [(pytest.approx(kg),)]
