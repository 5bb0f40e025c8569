"""A full disk under the database is told, keeps what was acknowledged, and passes when there is room."""

import asyncio
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from accounting.quantity import CATALOGUE
from ingest.batch import Batch, Outcome
from ingest.errors import StoreUnavailable
from ingest.pipeline import Pipeline
from ingest.spool import Spool
from telemetry.model import Site
from telemetry.storage.embedded import EmbeddedPostgres
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

T = TypeVar("T")
LEFT = 64 << 20
"""Bytes left when the writing begins."""
ROWS = 10_000
MOST = 40
PATIENCE_S = 120.0
NAMES = tuple(CATALOGUE)[:20]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=384m,mode=0755", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("does not apply: this account may not mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def opened(small_disk: Path, make_site: Callable[..., Site], now: datetime) -> Iterator[Database]:
    server = EmbeddedPostgres()
    url = server.start(small_disk / "data")
    migrate(url)
    db = Database.open(url)
    apply_site(db, make_site({"code": "m1"}), now)
    yield db
    db.close()
    server.stop()


def _batch(number: int, now: datetime) -> Batch:
    seconds = int(now.timestamp()) + number * ROWS + np.arange(ROWS)
    values = np.random.default_rng(number).random((ROWS, len(NAMES)))
    return Batch("push", ("m1",), np.zeros(ROWS, np.int32), seconds * 1_000_000, NAMES, values)


def _until_full(writer: Writer, now: datetime) -> int:
    """Batches that were acknowledged before one was not."""
    for number in range(MOST):
        try:
            writer.write([_batch(number, now)])
        except StoreUnavailable:
            return number
    raise AssertionError("the disk did not fill")


def _until_taken(writer: Writer, batch: Batch) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            writer.write([batch])
        except StoreUnavailable:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        else:
            return


def _filled(disk: Path) -> Path:
    """A file that leaves little room."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - LEFT)
    return filler


def test_a_full_disk_is_told_loses_nothing_and_passes(
    small_disk: Path, opened: Database, now: datetime
) -> None:
    filler = _filled(small_disk)
    writer = Writer(opened, now.timestamp)
    taken = _until_full(writer, now)
    assert taken > 0
    filler.unlink()
    _until_taken(writer, _batch(taken, now))
    with opened.connection() as conn:
        rows = conn.execute("select count(*), count(distinct time) from reading").fetchone()
    assert rows == ((taken + 1) * ROWS,) * 2


@pytest.fixture
def post(opened: Database, spool: Spool, now: datetime) -> Iterator[Callable[[int], Outcome]]:
    """Gives a batch to a pipeline that runs, and tells what became of it."""
    pipeline, loop = Pipeline(Writer(opened, now.timestamp), spool), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def told(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE_S)

    async def begin() -> asyncio.Task[None]:
        task = asyncio.create_task(pipeline.run())
        await asyncio.sleep(0)
        return task

    async def end(task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.wait({task})

    running = told(begin())
    yield lambda number: Outcome(int(told(pipeline.write(_batch(number, now))).max()))
    told(end(running))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """On a disk that has room."""
    with closing(Spool.open(tmp_path / "spool", limit=64 << 20, segment=8 << 20)) as opened:
        yield opened


def test_what_a_full_disk_refuses_waits_in_the_spool_and_follows(
    small_disk: Path,
    opened: Database,
    spool: Spool,
    post: Callable[[int], Outcome],
    caplog: pytest.LogCaptureFixture,
) -> None:
    filler, number = _filled(small_disk), 0
    while post(number) == Outcome.ACCEPTED:
        number += 1
        assert number < MOST, "the disk did not fill"
    assert number > 0
    assert "the store takes no readings" in caplog.text
    filler.unlink()
    deadline = time.monotonic() + PATIENCE_S
    while spool.pending:
        assert time.monotonic() < deadline, "what was spooled did not follow"
        time.sleep(0.1)
    with opened.connection() as conn:
        rows = conn.execute("select count(*), count(distinct time) from reading").fetchone()
    assert rows == ((number + 1) * ROWS,) * 2
