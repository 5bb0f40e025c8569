"""What sources lost of late, and what their brokers' counters showed last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Json

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Count:
    """What a counter of a source's broker showed when it was heard."""

    source: str
    counter: str
    count: int
    heard_at: datetime


def hear(conn: Connection[Any], counts: Sequence[Count], now: datetime) -> None:
    """A counter that was never heard is where counting begins; one that shows less has begun anew at zero.

    What was heard before the last that is known changes nothing.
    """
    rows = [
        {"source": c.source, "counter": c.counter, "count": c.count, "heard_at": c.heard_at.isoformat()}
        for c in counts
    ]
    conn.execute(_SQL["hear"], {"counts": Json(rows), "now": now})


def lose(conn: Connection[Any], amounts: Mapping[str, int], now: datetime) -> None:
    """Rows of each source that were given up here."""
    for source, amount in amounts.items():
        conn.execute(_SQL["lose"], {"source": source, "amount": amount, "now": now})


def of_late(conn: Connection[Any], since: datetime) -> Mapping[str, int]:
    """What each source has lost after `since`; what was before is forgotten."""
    conn.execute(_SQL["forget"], {"until": since})
    return dict(conn.execute(_SQL["of_late"]).fetchall())
