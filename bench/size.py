"""What readings and settled quarter hours take on disk, tables and indexes, beside the numbers alone."""

from collections.abc import Iterator

import numpy as np
import psycopg

from accounting.grid import DAY_SLOTS, SLOT_US, Grid
from accounting.quantity import CATALOGUE
from bench.measure import Measure
from bench.write import METERS_MADE, database
from ingest.batch import Batch
from telemetry.storage import energy, server
from telemetry.storage.energy import QuarterHours
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.readings import Ranges
from telemetry.storage.server import Server
from telemetry.storage.writer import Writer

METERS = 200
POLLS = 1000
DAYS = 28
FIRST_US = 1_761_955_200_000_000
POLL_US = 10_000_000
NAMES = tuple(CATALOGUE)[:20]
COUNTERS = 13
NUMBER_BYTES = 8
KINDS = {
    "steady": (0.5, False, "half of the registers as before, the rest moved"),
    "moving": (0.0, False, "every register moved"),
    "scaled": (0.0, True, "every register moved, each a whole number of hundredths"),
}
"""Share of the registers that stand still, and whether they are scaled integers in place of float32."""
_PLAIN_SIZE = "select pg_total_relation_size(%s::regclass)"
_CHUNKS_SIZE = "select hypertable_size(%s::regclass)"
_COLUMNS = "select compress_chunk(c) from show_chunks('reading') c"


def polls(still: float, *, scaled: bool) -> Iterator[Batch]:
    """All meters once after another, as they are polled; each poll is a commit."""
    rng = np.random.default_rng(1)
    codes, each = tuple(f"m{n}" for n in range(METERS)), np.arange(METERS, dtype=np.int32)
    size = rng.uniform(50, 500, (METERS, len(NAMES)))
    shown = 1000 * size
    for n in range(POLLS):
        moved = rng.random(shown.shape) >= still
        risen = shown[:, :COUNTERS] + size[:, :COUNTERS] * POLL_US / 3.6e9
        load = size[:, COUNTERS:] * rng.normal(1, 0.02, (METERS, len(NAMES) - COUNTERS))
        shown = np.where(moved, np.hstack([risen, load]), shown)
        registers = shown.round(2) if scaled else shown.astype(np.float32).astype(np.float64)
        yield Batch("bench", codes, each, np.full(METERS, FIRST_US + n * POLL_US), NAMES, registers)


def readings(url: str, shown: Iterator[Batch]) -> Iterator[tuple[str, int]]:
    """Bytes of the rows, and of the columns where the server has them."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("truncate reading")
        db = Database.open(url)
        writer = Writer(db)
        writer.refresh()
        for poll in shown:
            writer.write([poll])
        db.close()
        conn.execute("vacuum reading")
        found = server.server_of(conn)
        asked = _PLAIN_SIZE if found is Server.PLAIN else _CHUNKS_SIZE
        yield "reading", int(conn.execute(asked, ["reading"]).fetchall()[0][0])
        if found is Server.COMMUNITY:
            conn.execute(_COLUMNS)
            yield "columnstore", int(conn.execute(asked, ["reading"]).fetchall()[0][0])


def quarter_hours(url: str) -> int:
    """Bytes of `energy`, each meter's days written once."""
    db, rng = Database.open(url), np.random.default_rng(1)
    with psycopg.connect(url, autocommit=True) as conn:
        ids = np.array(conn.execute("select array_agg(id order by id) from meter").fetchall()[0][0], np.int32)
        for day in range(DAYS):
            start = FIRST_US // (DAY_SLOTS * SLOT_US) * DAY_SLOTS * SLOT_US + day * DAY_SLOTS * SLOT_US
            lo, hi = np.full(METERS, start), np.full(METERS, start + DAY_SLOTS * SLOT_US)
            amount = rng.uniform(5, 50, (METERS, DAY_SLOTS)).round(2)
            settled = QuarterHours(Grid(start, DAY_SLOTS), amount, np.ones(amount.shape, np.float32))
            with db.connection() as tx:
                energy.write(tx, "energy_import", Ranges(ids, lo, hi), settled)
        db.close()
        conn.execute("vacuum energy")
        return int(conn.execute(_PLAIN_SIZE, ["energy"]).fetchall()[0][0])


def measure() -> Iterator[Measure]:
    filled = f"{len(NAMES)} of {len(CATALOGUE)} quantities filled"
    with database() as url:
        migrate(url)
        with psycopg.connect(url) as conn:
            conn.execute(METERS_MADE, [METERS - 1])
        for kind, (still, scaled, how) in KINDS.items():
            for what, found in readings(url, polls(still, scaled=scaled)):
                per_value = found / (METERS * POLLS * len(NAMES))
                told = f"a double alone; ours: rows as they are polled, with indexes, {filled}, {how}"
                yield Measure(f"size.{what}.{kind}", per_value, NUMBER_BYTES, "bytes/value", told)
        per_interval = quarter_hours(url) / (METERS * DAYS * DAY_SLOTS)
    told = "a double alone; ours: amount and coverage in arrays of a day, with the key"
    yield Measure("size.energy", per_interval, NUMBER_BYTES, "bytes/interval", told)
