"""In which batches readings came, and what the templates said that these were decoded by."""

from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from telemetry.reports.moment import Moment
from telemetry.storage import origin
from telemetry.storage import templates as stored
from telemetry.storage.pool import Transaction


class TraceBatch(Struct, frozen=True):
    """Readings that arrived together."""

    id: int
    source: str
    received_at: Moment
    rows: Annotated[int, Meta(description="Of all meters in it")]
    edition: Annotated[
        str | None, Meta(description="Of the templates it was decoded by; null: none, or not known")
    ] = None


class TraceTemplate(Struct, frozen=True):
    """What a device template said when batches were decoded by it."""

    edition: Annotated[str, Meta(description="As the batches name it", examples=["4be1c0a7d2936f58"])]
    code: str
    since: Annotated[Moment, Meta(description="When it was first taken up")]
    content: Annotated[dict[str, Any], Meta(description="As in its file, less what is default")]


def batches(tx: Transaction, ids: NDArray[np.int64], zone: ZoneInfo) -> list[TraceBatch]:
    """In the order in which they came."""
    return [
        TraceBatch(each.id, each.source, each.received_at.astimezone(zone), each.row_count, each.edition)
        for each in origin.batches(tx, ids)
    ]


def templates(
    tx: Transaction, device: str, found: Sequence[TraceBatch], zone: ZoneInfo
) -> list[TraceTemplate]:
    """What the device's template said in the editions of these batches, the oldest first."""
    editions = {each.edition for each in found if each.edition}
    return [
        TraceTemplate(each.edition, each.template, each.since.astimezone(zone), each.content)
        for each in stored.of(tx, device, editions)
    ]
