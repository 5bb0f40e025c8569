"""Settled quarter hours laid out as [meter and quantity, local day, slot of the day]."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.grid import DAY_SLOTS, SLOT_US, local_day_edges
from telemetry.jobs.ranges import DAY_US
from telemetry.storage import energy
from telemetry.storage.energy import EnergyDays
from telemetry.storage.pool import Transaction

_Float = TypeVar("_Float", np.float64, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    meter_id: NDArray[np.int32]
    """int32[p]."""
    quantity: Sequence[str]
    """One of each of the p."""
    day: NDArray[np.datetime64]
    """Local days, datetime64[D][d]."""
    slot: NDArray[np.int64]
    """Starts, int64[d, w] [us]; beyond the end of a shorter day those of the next."""
    length: NDArray[np.int64]
    """Slots of each day, int64[d]."""
    amount: NDArray[np.float64]
    """float64[p, d, w], NaN where nothing is known and beyond the end of a shorter day."""
    coverage: NDArray[np.float32]
    """float32[p, d, w], 0 there."""


@dataclass(frozen=True, slots=True)
class Span:
    """Local days first..last."""

    zone: ZoneInfo
    first: date
    last: date

    @property
    def edges(self) -> NDArray[np.int64]:
        """int64[d + 1] [us]."""
        return local_day_edges(self.zone, self.first, self.last)


def read(tx: Transaction, meter_ids: NDArray[np.int32], quantities: Sequence[str], span: Span) -> Block:
    """What is settled on the days of `span`."""
    edges = span.edges
    start, end = int(edges[0]) // DAY_US, -(-int(edges[-1]) // DAY_US)
    rows = energy.select(tx, meter_ids, quantities, _date(start), _date(end - 1))
    pair, heads = _pairs(rows)
    places = (pair, rows.day.astype(np.int64) - start)
    begin = (edges - start * DAY_US) // SLOT_US
    length = np.diff(begin)
    shape = (len(heads), end - start, DAY_SLOTS)
    return Block(
        rows.meter_id[heads],
        [rows.quantity[head] for head in heads.tolist()],
        np.arange(np.datetime64(span.first), np.datetime64(span.last) + 1),
        edges[:-1, None] + np.arange(length.max()) * SLOT_US,
        length,
        _by_local_day(_whole(rows.amount, places, shape, np.nan), begin, np.nan),
        _by_local_day(_whole(rows.coverage, places, shape, 0.0), begin, 0.0),
    )


def completed(block: Block, pairs: Collection[tuple[int, str]]) -> Block:
    """The same with rows of nothing for those of `pairs` that it lacks."""
    there = set(zip(block.meter_id.tolist(), block.quantity, strict=True))
    absent = [pair for pair in pairs if pair not in there]
    if not absent:
        return block
    void = np.full((len(absent), *block.amount.shape[1:]), np.nan)
    return replace(
        block,
        meter_id=np.append(block.meter_id, np.array([meter for meter, _ in absent], np.int32)),
        quantity=[*block.quantity, *(quantity for _, quantity in absent)],
        amount=np.concatenate([block.amount, void]),
        coverage=np.concatenate([block.coverage, np.zeros(void.shape, np.float32)]),
    )


def _pairs(rows: EnergyDays) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of each row's meter and quantity, int64[r], and the first row of each, int64[p]."""
    codes = {name: code for code, name in enumerate(dict.fromkeys(rows.quantity))}
    quantity = np.array([codes[name] for name in rows.quantity], np.int64)
    first = np.ones(len(rows), bool)
    first[1:] = (np.diff(rows.meter_id) != 0) | (np.diff(quantity) != 0)
    return np.cumsum(first) - 1, np.flatnonzero(first)


def _whole(
    values: NDArray[_Float],
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    shape: tuple[int, int, int],
    void: float,
) -> NDArray[_Float]:
    """Rows float[r, 96] in their places among pairs and UTC days, float[p, u, 96]."""
    whole = np.full(shape, void, values.dtype)
    whole[places] = values
    return whole


def _by_local_day(whole: NDArray[_Float], begin: NDArray[np.int64], void: float) -> NDArray[_Float]:
    """The same on local days that begin at slots int64[d + 1], float[p, d, w]."""
    flat = whole.reshape(len(whole), whole.shape[1] * DAY_SLOTS)
    index = begin[:-1, None] + np.arange(np.diff(begin).max())
    found: NDArray[_Float] = flat[:, np.minimum(index, flat.shape[1] - 1)]
    found[:, index >= begin[1:, None]] = void
    return found


def _date(ordinal: int) -> date:
    return datetime.fromtimestamp(ordinal * DAY_US // 1_000_000, UTC).date()
