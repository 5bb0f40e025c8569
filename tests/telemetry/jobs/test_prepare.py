"""Before the database is ready nothing is written, and why is said; afterwards everything goes on."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.batch import Batch
from ingest.errors import StoreUnavailable
from telemetry.jobs import prepare
from telemetry.jobs.prepare import Preparation
from telemetry.model import Site
from telemetry.settings.current import Current
from telemetry.settings.plan import load_plan
from telemetry.storage.errors import SchemaError, StorageUnavailable
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database
AT = int(datetime(2023, 6, 1, tzinfo=UTC).timestamp())


@pytest.fixture
def current(make_site: Callable[..., Site]) -> Current:
    return Current(replace(load_plan(None, None), site=make_site({"code": "m1"})))


def test_it_waits_and_then_the_site_is_known(
    empty_url: str,
    current: Current,
    batch: Callable[..., Batch],
    free_port: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    database, told = Database(empty_url), list[bool]()
    writer = Writer(database)
    preparation = Preparation(f"postgresql://127.0.0.1:{free_port()}/x", database, writer, current)
    readings = [batch(("m1", AT, {"energy_import": 1.0}))]
    with pytest.raises(StorageUnavailable):
        preparation.attempt()
    with pytest.raises(StoreUnavailable, match="has not been ready since the start"):
        preparation.write(readings)
    monkeypatch.setattr(prepare, "_FIRST_PAUSE_S", 0.01)

    async def come() -> None:
        waiting = asyncio.create_task(preparation.run(lambda: told.append(preparation.done)))
        while "still without the database" not in caplog.text:  # noqa: ASYNC110  # the log tells
            await asyncio.sleep(0.01)
        preparation._url = empty_url
        await waiting

    asyncio.run(come())
    assert told == [True]
    assert [outcome.tolist() for outcome in preparation.write(readings)] == [[0]]
    writer.close()
    database.close()


def test_a_database_of_a_newer_parkwatt_is_no_reason_to_wait(
    migrated_url: str, current: Current, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_url: str) -> None:
        raise SchemaError("migrated by a newer ParkWatt")

    monkeypatch.setattr(prepare, "migrate", refuse)
    preparation = Preparation(migrated_url, database, Writer(database), current)
    with pytest.raises(SchemaError):
        preparation.attempt()
    assert not preparation.done
