"""The store of an edge: the central service, which answers once the readings are durable there."""

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, Outcome, merge
from ingest.spool import Spool
from ingest.spool.record import parts
from telemetry.edge import receipt
from telemetry.edge.link import Answer, Link
from telemetry.edge.receipt import Problem

_LOG = logging.getLogger(__name__)
_POST_BYTES = 1 << 20
_OFFERED_AGAIN = 20_000
_WHOLE_ROW = frozenset({"meter", "time", ""})
"""Fields without which a row is not taken at all."""
_NAMED = 3


class Uplink:
    """What the centre cannot use yet, a meter that its site lacks, is kept aside and offered again."""

    def __init__(self, link: Link, aside: Spool) -> None:
        self._link = link
        self._aside = aside
        self._lock = threading.Lock()
        self._told = ""

    def write(self, batches: Sequence[Batch]) -> list[NDArray[np.uint8]]:
        """Every row is durable at the centre, or aside on this disk. Raises StoreUnavailable."""
        for batch in merge(batches):
            for part in parts(batch, _POST_BYTES):
                self._send(part)
        return [np.full(len(batch), Outcome.ACCEPTED, np.uint8) for batch in batches]

    def offer_again(self) -> None:
        """Send what stands aside once more. Raises StoreUnavailable."""
        with self._lock:
            taken = self._aside.take(_OFFERED_AGAIN)
        try:
            for kept in taken:
                self._send(kept.batch)
        except BaseException:
            with self._lock:
                self._aside.rewind()
            raise
        with self._lock:
            self._aside.done(taken)
            if taken and not self._aside.pending:
                self._told = ""
                _LOG.info("the centre has taken everything that stood aside")

    @property
    def aside_rows(self) -> int:
        """Rows that the centre could not use yet."""
        return self._aside.health().rows

    def _send(self, batch: Batch) -> None:
        named = {"edition": batch.edition} if batch.edition else {}
        if batch.unmapped:
            named["unmapped"] = "true"
        body = _unmapped(batch) if batch.unmapped else _columns(batch)
        answer = self._link.post("/api/v1/readings", body, source=batch.source, **named)
        rows, reason = _unused(answer, len(batch))
        if len(rows):
            self._keep_aside(_rows(batch, rows), reason)

    def _keep_aside(self, batch: Batch, reason: str) -> None:
        with self._lock:
            self._aside.append([batch])
            if reason != self._told:
                self._told = reason
                _LOG.warning("the centre cannot use some readings of %s: %s", batch.source, reason)
                _LOG.warning("they are kept on this disk and offered again every minute")


def _columns(batch: Batch) -> dict[str, object]:
    return {**_rows_of(batch), "time_unit": "us", **_values(batch)}


def _unmapped(batch: Batch) -> dict[str, object]:
    """Its names may be any, `time` among them."""
    return {**_rows_of(batch), "values": _values(batch)}


def _rows_of(batch: Batch) -> dict[str, object]:
    return {"meter": [batch.meters[i] for i in batch.row_meter.tolist()], "time": batch.time.tolist()}


def _values(batch: Batch) -> dict[str, list[float | None]]:
    columns = zip(batch.quantities, batch.values.T.tolist(), strict=True)
    return {name: [None if value != value else value for value in column] for name, column in columns}  # noqa: PLR0124  # NaN


def _unused(answer: Answer, count: int) -> tuple[NDArray[np.intp], str]:
    """Rows of which the centre took nothing, and why."""
    became = receipt.read(answer)
    if isinstance(became, Problem):
        reasons = [f"{each.field}: {each.reason}" for each in became.errors]
        return np.arange(count), _few(reasons) or became.detail
    whole = [each for each in became.rejected if each.field in _WHOLE_ROW]
    reasons = [f"{each.field} {each.value}: {each.reason}" for each in whole]
    return np.array(sorted({each.row for each in whole}), np.intp), _few(reasons)


def _few(reasons: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(reasons))
    more = f"; and {len(distinct) - _NAMED} more" if len(distinct) > _NAMED else ""
    return "; ".join(distinct[:_NAMED]) + more


def _rows(batch: Batch, rows: NDArray[np.intp]) -> Batch:
    return replace(batch, row_meter=batch.row_meter[rows], time=batch.time[rows], values=batch.values[rows])
