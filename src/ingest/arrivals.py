"""How the sources do whose readings come by themselves: who posted, when, and what could not be used."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.collector import Meter, comes_by_itself
from ingest.collectors.push.parsed import Rejected
from ingest.health import Health, SourceHealth
from ingest.kinds import Source

_MOST_UNDECLARED = 50
_BOOKED_S = 1.0


@dataclass(slots=True, eq=False)
class _Posts:
    """Of the same meters by the same source, not yet booked to each of them."""

    rows: NDArray[np.int64]
    """int64[meters]"""
    at: float
    latency: float


class Arrivals:
    """Health by source code; names that no plan declares are known once they posted.

    Posts are booked to their meters once a second, and when somebody asks: senders of many rows come often.
    """

    def __init__(self) -> None:
        self._known: dict[str, SourceHealth] = {}
        self._posts: dict[tuple[str, tuple[str, ...]], _Posts] = {}
        self._since = 0.0
        self._lock = threading.Lock()

    @property
    def health(self) -> Mapping[str, SourceHealth]:
        self._book()
        return dict(self._known)

    def follow(self, sources: Iterable[Source], meters: Sequence[Meter]) -> None:
        """Watch these sources; what is known of those that stay is kept."""
        self._book()
        declared = {source.code: source for source in sources if source.edge or comes_by_itself(source)}
        self._known = {
            code: _followed(self._known.get(code), source, meters) for code, source in declared.items()
        }

    def took(self, batch: Batch, rejected: Sequence[Rejected], at: float, latency: float) -> None:
        """`at` [s since 1970], `latency` [s] from its arrival to the answer."""
        source = self._of(batch.source)
        if source is None:
            return
        for each in rejected:
            source.refuse(at, f"row {each.row}, {each.field}", each.reason, str(each.value))
            if each.field == "meter":
                source.met(at, str(each.value))
        if not len(batch):
            return
        source.line.succeeded(at, latency, len(batch))
        self._note(batch, at, latency)
        if at - self._since >= _BOOKED_S:
            self._book()

    def _note(self, batch: Batch, at: float, latency: float) -> None:
        rows = np.bincount(batch.row_meter, minlength=len(batch.meters))
        with self._lock:
            self._since = self._since if self._posts else at
            posts = self._posts.setdefault((batch.source, batch.meters), _Posts(rows * 0, at, latency))
            posts.rows, posts.at, posts.latency = posts.rows + rows, at, latency

    def _book(self) -> None:
        with self._lock:
            for (code, meters), posts in self._posts.items():
                if (source := self._known.get(code)) is not None:
                    _book(source, meters, posts)
            self._posts.clear()

    def refused(self, source: str, at: float, error: Exception, body: bytes) -> None:
        """A body of which nothing could be read."""
        known = self._of(source)
        if known is not None:
            known.refuse(at, "body", str(error), body)
            known.line.failed(at, error)

    def _of(self, code: str) -> SourceHealth | None:
        if code not in self._known and len(self._known) >= _MOST_UNDECLARED:
            return None
        return self._known.setdefault(code, SourceHealth.of(code, "push", ()))


def _book(source: SourceHealth, meters: Sequence[str], posts: _Posts) -> None:
    for code, rows in zip(meters, posts.rows.tolist(), strict=True):
        meter = source.meters.get(code)
        if meter is None:
            meter = source.meters[code] = Health(f"meter {code}")
        meter.succeeded(posts.at, posts.latency, rows)


def _followed(known: SourceHealth | None, source: Source, meters: Sequence[Meter]) -> SourceHealth:
    fresh = SourceHealth.of(source.code, source.kind, (m.code for m in meters if m.source == source.code))
    if known is None or known.kind != source.kind:
        return fresh
    for code in {meter.code for meter in meters} & known.strangers.keys():
        del known.strangers[code]
    known.meters = fresh.meters | {code: known.meters[code] for code in fresh.meters & known.meters.keys()}
    return known
