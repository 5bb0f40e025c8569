"""What waits between the sources and the store: in memory, and on the disk."""

from datetime import datetime, tzinfo
from typing import Annotated

from msgspec import Meta, Struct

from ingest.health import StoreHealth
from ingest.spool import SpoolHealth, SpoolState
from telemetry.reports.moment import Moment


class QueueEntry(Struct, frozen=True):
    """What stands between the sources and the database."""

    waiting_rows: int
    written_rows: Annotated[int, Meta(description="Since the service started")]
    failing: Annotated[bool, Meta(description="Nothing can be written now")]
    last_error: str


class SpoolEntry(Struct, frozen=True):
    """What waits on the disk until the database takes it."""

    state: SpoolState
    rows: int
    bytes: int
    limit_bytes: int
    oldest: Annotated[Moment | None, Meta(description="When the oldest of it came")]
    held_records: Annotated[int, Meta(description="Records that the database refuses")]
    damaged_records: Annotated[int, Meta(description="Records that the disk gave back damaged")]


def queue(store: StoreHealth) -> QueueEntry:
    return QueueEntry(store.waiting, store.rows, store.failing, store.last_error)


def spooled(spool: SpoolHealth, zone: tzinfo) -> SpoolEntry:
    return SpoolEntry(
        spool.state,
        spool.rows,
        spool.bytes,
        spool.limit,
        datetime.fromtimestamp(spool.oldest, zone) if spool.oldest else None,
        spool.held,
        spool.damaged,
    )
