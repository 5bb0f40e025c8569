"""Rows as they come from lines; those of one meter and time that do not contradict one another become one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Rows with the same quantities."""

    quantities: tuple[str, ...]
    line: NDArray[np.intp]
    meter: NDArray[np.int32]
    """Index into the table's meters."""
    time_us: NDArray[np.int64]
    values: NDArray[np.float64]
    """float64[n, k], no NaN."""

    def column(self, name: str) -> NDArray[np.float64]:
        return self.values[:, self.quantities.index(name)]


_Single = tuple[int, int, int, tuple[float, ...]]
"""Line, meter, time [us], values."""


def _gathered(names: tuple[str, ...], rows: Sequence[_Single]) -> Part:
    line, meter, time_us, values = zip(*rows, strict=True)
    return Part(
        names,
        np.array(line, np.intp),
        np.array(meter, np.int32),
        np.array(time_us, np.int64),
        np.array(values, np.float64),
    )


@dataclass(slots=True)
class Table:
    meters: dict[str, int] = field(default_factory=dict)
    """Code -> index."""
    _parts: list[Part] = field(default_factory=list)
    _singles: dict[tuple[str, ...], list[_Single]] = field(default_factory=dict)

    def index(self, meter: str) -> int:
        return self.meters.setdefault(meter, len(self.meters))

    def add(self, part: Part) -> None:
        self._parts.append(part)

    def add_row(self, line: int, meter: str, time_us: int, values: dict[str, float]) -> None:
        single = line, self.index(meter), time_us, tuple(values.values())
        self._singles.setdefault(tuple(values), []).append(single)

    def _all(self) -> list[Part]:
        return [*self._parts, *(_gathered(names, rows) for names, rows in self._singles.items())]

    def batch(self, source: str) -> tuple[Batch, NDArray[np.intp]]:
        """And the line that each row began with."""
        parts = self._all()
        if not parts:
            empty = np.empty(0, np.int32), np.empty(0, np.int64)
            return Batch(source, (), *empty, (), np.empty((0, 0))), np.empty(0, np.intp)
        rows = _Rows.of(parts)
        begun = rows.begun()
        first = np.flatnonzero(begun == np.arange(len(begun)))
        place = np.searchsorted(first, begun)
        values = np.full((len(first), len(rows.quantities)), np.nan)
        for column, filled in zip(values.T, rows.columns(), strict=True):
            column[place[filled.row]] = filled.value
        batch = Batch(
            source, tuple(self.meters), rows.meter[first], rows.time_us[first], rows.quantities, values
        )
        return batch, rows.line[first]


@dataclass(frozen=True, slots=True, eq=False)
class _Filled:
    row: NDArray[np.intp]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """All parts in the order of their lines."""

    parts: Sequence[Part]
    place: NDArray[np.intp]
    """Of each row of the parts, one after the other."""
    line: NDArray[np.intp]
    meter: NDArray[np.int32]
    time_us: NDArray[np.int64]
    quantities: tuple[str, ...]

    @classmethod
    def of(cls, parts: Sequence[Part]) -> "_Rows":
        line = np.concatenate([part.line for part in parts])
        order = np.argsort(line, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        meter = np.concatenate([part.meter for part in parts])[order]
        time_us = np.concatenate([part.time_us for part in parts])[order]
        names = tuple(dict.fromkeys(name for part in parts for name in part.quantities))
        return cls(parts, place, line[order], meter, time_us, names)

    def columns(self) -> list[_Filled]:
        """Of each quantity, the rows that have it."""
        found: list[_Filled] = []
        ends = np.cumsum([len(part.line) for part in self.parts])
        spans = [self.place[end - len(part.line) : end] for part, end in zip(self.parts, ends, strict=True)]
        for name in self.quantities:
            having = [each for each in zip(self.parts, spans, strict=True) if name in each[0].quantities]
            rows = np.concatenate([span for _, span in having])
            found.append(_Filled(rows, np.concatenate([part.column(name) for part, _ in having])))
        return found

    def begun(self) -> NDArray[np.intp]:
        """Of each row, the row that it belongs to: itself, or an earlier one of its meter and time."""
        rows = np.arange(len(self.line))
        order = np.lexsort((rows, self.time_us, self.meter))
        meter, time_us = self.meter[order], self.time_us[order]
        fresh = np.concatenate(([True], (meter[1:] != meter[:-1]) | (time_us[1:] != time_us[:-1])))
        begun = np.empty_like(rows)
        begun[order] = order[np.maximum.accumulate(np.where(fresh, rows, 0))]
        return begun if fresh.all() or not self._contradict(begun) else self._begun_one_by_one(begun)

    def _contradict(self, begun: NDArray[np.intp]) -> bool:
        return any(len(np.unique(begun[each.row])) != len(each.row) for each in self.columns())

    def _begun_one_by_one(self, begun: NDArray[np.intp]) -> NDArray[np.intp]:
        """A row that contradicts the open one of its meter and time opens another."""
        names: list[list[int]] = [[] for _ in begun]
        for number, filled in enumerate(self.columns()):
            for row in filled.row.tolist():
                names[row].append(number)
        opened: dict[int, int] = {}
        held: dict[int, set[int]] = {}
        found = begun.copy()
        for row, key in enumerate(begun.tolist()):
            if key not in opened or not held[key].isdisjoint(names[row]):
                opened[key], held[key] = row, set()
            held[key].update(names[row])
            found[row] = opened[key]
        return found
