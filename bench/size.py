"""What readings take on disk, table and indexes, beside the numbers alone."""

from collections.abc import Iterator

import numpy as np
import psycopg

from accounting.quantity import CATALOGUE
from bench.measure import Measure
from bench.write import _METERS, database
from ingest.batch import Batch
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

METERS = 500
POLLS = 400
FIRST_US = 1_761_955_200_000_000
POLL_US = 10_000_000
NAMES = tuple(CATALOGUE)[:20]
NUMBER_BYTES = 8
_SIZE = """
select sum(pg_total_relation_size(part))
from (
    select 'reading'::regclass as part
    union all
    select inhrelid from pg_inherits where inhparent = 'reading'::regclass
) parts
"""


def polls() -> Iterator[Batch]:
    """All meters once after another, as they are polled: each poll is a commit."""
    codes, each = tuple(f"m{n}" for n in range(METERS)), np.arange(METERS, dtype=np.int32)
    for n in range(POLLS):
        values = 1000 + 0.01 * n + each[:, None] + np.arange(len(NAMES))
        yield Batch("bench", codes, each, np.full(METERS, FIRST_US + n * POLL_US), NAMES, values)


def size(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(_METERS, [METERS - 1])
        db = Database.open(url)
        writer = Writer(db)
        writer.refresh()
        for poll in polls():
            writer.write([poll])
        db.close()
        conn.execute("vacuum reading")
        row = conn.execute(_SIZE).fetchone()
    return int(row[0]) if row else 0


def measure() -> Iterator[Measure]:
    with database() as url:
        migrate(url)
        found = size(url)
    per_value = found / (METERS * POLLS * len(NAMES))
    filled = f"{len(NAMES)} of {len(CATALOGUE)} quantities filled"
    what = f"a double alone; ours: rows as they are polled, with the table's head and indexes, {filled}"
    yield Measure("size.reading", per_value, NUMBER_BYTES, "bytes/value", what)
