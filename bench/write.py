"""Rows of 20 values as they arrive, through the writer and its two threads, beside a bare COPY of them."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from accounting.quantity import CATALOGUE
from bench.measure import ROUNDS, Measure
from ingest.batch import Batch
from telemetry.storage import encode
from telemetry.storage.embedded import EmbeddedPostgres
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

METERS = 200
MANY = 1000
ROWS = 10_000
BATCHES = 20
WRITERS = 2
FIRST_US = 1_761_955_200_000_000
POLL_US = 5_000_000
NAMES = tuple(CATALOGUE)[:20]
KNOWN = "what each meter shows was noted before"
REFERENCE = (
    "one COPY BINARY of the same rows of 20 values as they arrive, encoded before, into the same table"
)
SORTED = "one COPY BINARY of the same rows, all of them in the order of the index before"
KINDS = {
    "new": f"ours: rows that are new, 10 000 a commit; {KNOWN}",
    "mixed": "ours: a hundredth of them stands already",
    "again": "ours: all of them stand already",
    "completing": "ours: half of each row's values stand, the other half comes",
}

METERS_MADE = """
insert into meter (code, name_en, name_zh, carrier, source, max_gap_s, interval_s, stamp, rollover)
select 'm' || n, '', '', 'electricity', 'bench', 900, 900, 'end', '{}' from generate_series(0, %s) n
"""


@contextmanager
def database() -> Iterator[str]:
    """The server of PARKWATT_TEST_DATABASE_URL, or the embedded one; a database of our own in it."""
    given, server = os.environ.get("PARKWATT_TEST_DATABASE_URL"), EmbeddedPostgres()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103, PTH101  # the server's own account has to pass through
        url = given or server.start(Path(folder) / "data")
        try:
            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute("drop database if exists parkwatt_bench with (force)")
                conn.execute("create database parkwatt_bench")
                yield make_conninfo(url, dbname="parkwatt_bench")
                conn.execute("drop database parkwatt_bench with (force)")
        finally:
            server.stop()


def batches(meters: int = METERS) -> list[Batch]:
    """Polls of all meters, one after another; everything rises, so that nothing is doubted."""
    rng, polls = np.random.default_rng(1), ROWS // meters
    codes = tuple(f"m{n}" for n in range(meters))
    each = np.tile(np.arange(meters, dtype=np.int32), polls)
    found = []
    for n in range(BATCHES):
        time_us = FIRST_US + np.repeat(np.arange(polls) + n * polls, meters) * POLL_US
        risen = np.repeat(np.arange(polls) + n * polls, meters)[:, None]
        values = 1 + 0.001 * (risen + rng.random((ROWS, 20)))
        found.append(Batch("bench", codes, each, time_us.astype(np.int64), NAMES, values))
    return found


def half(batch: Batch, columns: slice) -> Batch:
    return Batch(
        batch.source, batch.meters, batch.row_meter, batch.time, NAMES[columns], batch.values[:, columns]
    )


def encoded(rows: list[Batch], ids: dict[str, int], *, by_key: bool = False) -> memoryview:
    """In the order in which they arrive, or by meter and time."""
    meter = np.concatenate([np.array([ids[c] for c in b.meters], np.int32)[b.row_meter] for b in rows])
    times = np.concatenate([b.time for b in rows])
    order = np.lexsort((times, meter)) if by_key else np.arange(len(times))
    keys = [times[order].astype("M8[us]"), meter[order], np.ones(len(meter), np.int64)]
    return encode.binary(keys, np.concatenate([b.values for b in rows])[order])


def copy(conn: psycopg.Connection, data: memoryview) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, ("time", "meter_id", "batch_id", *NAMES)))
    query = sql.SQL("copy reading ({}) from stdin (format binary)").format(columns)
    with conn.transaction(), conn.cursor().copy(query) as out:
        out.write(data)


def copied(conn: psycopg.Connection, parts: list[memoryview]) -> None:
    for part in parts:
        copy(conn, part)


def seconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


class Now:
    """The wall's time: rows are sent as soon as they are read."""

    def __init__(self) -> None:
        self._us = 0

    def __call__(self) -> float:
        return self._us / 1e6

    def sent(self, batch: Batch) -> list[Batch]:
        self._us = int(batch.time[-1])
        return [batch]


NOW = Now()


def through(writer: Writer, rows: list[Batch]) -> None:
    """As the pipeline does."""
    with ThreadPoolExecutor(WRITERS) as threads:
        for outcomes in threads.map(lambda batch: writer.write(NOW.sent(batch)), rows):
            assert len(outcomes[0]) == ROWS


def hundredth(batch: Batch) -> Batch:
    return Batch(
        batch.source,
        batch.meters,
        batch.row_meter[::100],
        batch.time[::100],
        batch.quantities,
        batch.values[::100],
    )


def rounds(url: str) -> Iterator[tuple[float, ...]]:
    """Seconds of COPY as rows arrive and in order, then through the writer, in the order of the measures."""
    rows = batches()
    first = [half(batch, slice(0, 10)) for batch in rows]
    second = [half(batch, slice(10, 20)) for batch in rows]
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(METERS_MADE, [METERS - 1])
        ids: dict[str, int] = dict(conn.execute("select code, id from meter").fetchall())
        data, ordered = encoded(rows, ids), encoded(rows, ids, by_key=True)
        for _ in range(ROUNDS + 1):
            bare = emptied(conn, url, lambda _: copy(conn, data))
            best = emptied(conn, url, lambda _: copy(conn, ordered))
            new = emptied(conn, url, lambda writer: through(writer, rows))
            again = emptied(conn, url, lambda writer: through(writer, rows), keep=True)
            emptied(conn, url, lambda writer: standing(writer, rows))
            mixed = emptied(conn, url, lambda writer: through(writer, rows), keep=True)
            emptied(conn, url, lambda writer: through(writer, first))
            completing = emptied(conn, url, lambda writer: through(writer, second), keep=True)
            yield bare, best, new, mixed, again, completing


def standing(writer: Writer, rows: list[Batch]) -> None:
    for batch in rows:
        writer.write(NOW.sent(hundredth(batch)))


def emptied(
    conn: psycopg.Connection,
    url: str,
    action: Callable[[Writer], None],
    *,
    keep: bool = False,
    unseen: bool = False,
) -> float:
    """Seconds of an action by a fresh writer on an empty table, or on what stands.

    What each meter has ever shown stays noted, unless `unseen`.
    """
    if not keep:
        conn.execute("truncate reading, latest, dirty, batch")
    if unseen:
        conn.execute("truncate seen")
    conn.execute("checkpoint")
    db = Database.open(url)
    writer = Writer(db, NOW)
    writer.refresh()
    taken = seconds(lambda: action(writer))
    db.close()
    return taken


def rounds_of_many(url: str) -> Iterator[tuple[float, ...]]:
    """Seconds of COPY as rows arrive, in order, for each commit; by the writer, of known and new meters."""
    rows = batches(MANY)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(METERS_MADE, [MANY - 1])
        ids: dict[str, int] = dict(conn.execute("select code, id from meter").fetchall())
        whole, ordered = encoded(rows, ids), encoded(rows, ids, by_key=True)
        parts = [encoded([batch], ids, by_key=True) for batch in rows]
        for _ in range(ROUNDS + 1):
            yield (
                emptied(conn, url, lambda _: copy(conn, whole)),
                emptied(conn, url, lambda _: copy(conn, ordered)),
                emptied(conn, url, lambda _: copied(conn, parts)),
                emptied(conn, url, lambda writer: through(writer, rows)),
                emptied(conn, url, lambda writer: through(writer, rows), unseen=True),
            )


def medians(of: Callable[[str], Iterator[tuple[float, ...]]]) -> list[float]:
    """Thousands of rows a second of each way, in a database of its own; the first round does not count."""
    with database() as url:
        migrate(url)
        taken = list(of(url))[1:]
    return [BATCHES * ROWS / 1e3 / statistics.median(column) for column in zip(*taken, strict=True)]


def measure() -> Iterator[Measure]:
    bare, ordered, *ours = medians(rounds)
    for (name, what), one in zip(KINDS.items(), ours, strict=True):
        yield Measure(f"write.{name}", one, bare, "k rows/s", f"{REFERENCE}; {what}")
    yield Measure("write.new.sorted", ours[0], ordered, "k rows/s", f"{SORTED}; {KINDS['new']}")
    bare, ordered, parts, known, new = medians(rounds_of_many)
    rows = f"rows of {MANY} meters, 10 000 a commit"
    yield Measure("write.many", known, bare, "k rows/s", f"{REFERENCE}; ours: {rows}; {KNOWN}")
    yield Measure("write.many.sorted", known, ordered, "k rows/s", f"{SORTED}; ours: the same as before")
    parted = "a COPY for each commit, each in the order of the index, one after another"
    yield Measure("write.many.commits", known, parts, "k rows/s", f"{parted}; ours: the same as before")
    yield Measure("write.many.first", new, bare, "k rows/s", f"{REFERENCE}; ours: no meter was heard before")
