"""What a statement made again leaves in the database's pages."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.batch import Batch
from telemetry.jobs.settle import Worker
from telemetry.storage import dirty
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

START = int(datetime(2022, 1, 1, tzinfo=UTC).timestamp())
DAYS = 300
PLACES = "select meter_id, quantity, day, {0}, (ctid::text::point)[0] from {1} order by 1, 2, 3, 4"
SETTLED = "select min(settled_at), max(settled_at) from {}"


@pytest.mark.parametrize(("table", "part"), [("daily", "tariff"), ("emission", "revision")])
def test_days_made_again_stay_in_their_pages(
    table: str,
    part: str,
    writer: Writer,
    worker: Worker,
    batch: Callable[..., Batch],
    three: Database,
    ask: Callable[[str], list[tuple[Any, ...]]],
) -> None:
    writer.write([batch(*[("m1", START + n * 3600, {"energy_import": n * 1.0}) for n in range(DAYS * 24)])])
    worker.drain()
    first = ask(PLACES.format(part, table))
    assert len({place for *_, place in first}) > 5
    with three.connection() as tx:
        dirty.mark_all_energy(tx)
    [(_, last)] = ask(SETTLED.format(table))
    worker._clock = lambda: last.timestamp() + 60
    worker.drain()
    [(earliest, _)] = ask(SETTLED.format(table))
    assert earliest > last
    again = ask(PLACES.format(part, table))
    assert [row[:-1] for row in again] == [row[:-1] for row in first]
    stayed = sum(before == after for before, after in zip(first, again, strict=True))
    assert stayed > 0.9 * len(first)  # a version that somebody may still see keeps its room
