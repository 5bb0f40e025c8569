"""What each source has lost of late, in whatever process, and through restarts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from ingest.health import SourceHealth
from telemetry.storage import losses
from telemetry.storage.losses import Count
from telemetry.storage.pool import Connections

WITHIN = timedelta(minutes=10)
_OFTEN_S = 2.0  # how old the answer may be while nothing is heard


class Losses:
    """Notes what this process hears of and gives up, and tells what all have."""

    def __init__(self, database: Connections, sources: Callable[[], Iterable[SourceHealth]]) -> None:
        self._database = database
        self._sources = sources
        self._heard: frozenset[Count] = frozenset()
        self._lost: Mapping[str, int] = {}
        self._asked = 0.0
        self._of_late: Mapping[str, int] = {}

    def of_late(self, now: float) -> Mapping[str, int]:
        """Messages and rows that each source lost within ten minutes. Raises StorageError."""
        sources = list(self._sources())
        heard, lost = frozenset(_heard(sources)), {each.source: each.lost for each in sources}
        if heard != self._heard or lost != self._lost or abs(now - self._asked) >= _OFTEN_S:
            self._note(heard, lost, datetime.fromtimestamp(now, UTC))
            self._heard, self._lost, self._asked = heard, lost, now
        return {**dict.fromkeys(lost, 0), **self._of_late}

    def _note(self, heard: frozenset[Count], lost: Mapping[str, int], now: datetime) -> None:
        gone = {source: _rise(self._lost.get(source, 0), count) for source, count in lost.items()}
        with self._database.connection() as tx:
            if heard - self._heard:
                losses.hear(tx, [*(heard - self._heard)], now)
            losses.lose(tx, {source: amount for source, amount in gone.items() if amount}, now)
            self._of_late = losses.of_late(tx, now - WITHIN)


def _heard(sources: Iterable[SourceHealth]) -> Iterable[Count]:
    for source in sources:
        for counter, shown in list(source.drops.items()):  # heard on another thread
            yield Count(source.source, counter, shown.count, datetime.fromtimestamp(shown.heard, UTC))


def _rise(before: int, after: int) -> int:
    """Of a count that may have begun anew."""
    return after - before if after >= before else after
