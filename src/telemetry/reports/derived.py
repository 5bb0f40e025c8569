"""What virtual meters show live: the sum of what their terms' gauges show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from accounting import formula, multiplier
from accounting.formula import Formula
from accounting.recipes import RECIPES, Method
from telemetry.reports import live
from telemetry.reports.board import Board
from telemetry.reports.live import NEVER, NEVER_US, QUANTITIES
from telemetry.reports.roster import Roster
from telemetry.storage.registry import RegisteredMeter

_GAUGES: Mapping[str, tuple[str, float]] = {
    recipe.target: (recipe.source, float(np.sign(recipe.scale)))
    for recipe in RECIPES
    if recipe.method is Method.INTEGRATE
}
"""Settled quantity -> the gauge that shows the same flow, and the direction in which it does."""
_Formulas = Mapping[str, Formula]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A term: what a gauge shows in one direction, times a factor."""

    row: int
    factor: float
    direction: float
    whole: bool
    """Whether the gauge's other direction counts too, as less than nothing."""

    def of(self, shown: NDArray[np.float64]) -> float:
        """Of what each meter shows in the line, float64[m]."""
        flow = self.direction * float(shown[self.row])
        return self.factor * (flow if self.whole or np.isnan(flow) else max(flow, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A virtual meter, the meters it is reckoned from, and its gauge where all of them have it."""

    row: int
    terms: NDArray[np.int64]
    gauge: str | None
    parts: tuple[Part, ...]


class Derived:
    """The virtual meters of a roster, each after those it is reckoned from."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._links = links(roster.meters)

    def fill(self, board: Board) -> None:
        """Let the virtual meters show what follows from the last readings."""
        shown: dict[str, NDArray[np.float64]] = {}
        for link in self._links:
            time = board.last.time[link.terms]
            board.last.time[link.row] = time.min() if len(time) else NEVER_US
            if link.gauge is not None:
                if link.gauge not in shown:
                    shown[link.gauge] = self._shown(board, link.gauge)
                self._show(board, link, link.gauge, shown[link.gauge])

    def _shown(self, board: Board, gauge: str) -> NDArray[np.float64]:
        """In the line, float64[m]."""
        if gauge == "active_power":
            return board.power_kw
        scale = multiplier.of(gauge, self._roster.multiplier)
        found: NDArray[np.float64] = board.last.values[:, QUANTITIES.index(gauge)] * scale
        return found

    def _show(self, board: Board, link: Link, gauge: str, shown: NDArray[np.float64]) -> None:
        at, row = QUANTITIES.index(gauge), link.row
        board.last.values[row, at] = total = sum(part.of(shown) for part in link.parts)
        shown[row] = total * multiplier.of(gauge, self._roster.multiplier[row : row + 1])[0]
        board.values[row] = live.shown(self._roster, board.last, np.array([row]))[0]
        if self._roster.boundary[:, row].any():
            board.counted[row] = live.counted(~np.isnan(board.last.values[row : row + 1]))[0]

    def doubted(self, state: NDArray[np.int8]) -> NDArray[np.int8]:
        """States int8[m]; a virtual meter is as stale as the stalest of its terms."""
        found = state.copy()
        for link in self._links:
            found[link.row] = found[link.terms].max() if len(link.terms) else NEVER
        return found

    def news(self, time: NDArray[np.int64]) -> NDArray[np.int64]:
        """When each meter last showed something new, int64[m] [us]: a virtual one when a term did."""
        found = time.copy()
        for link in self._links:
            found[link.row] = found[link.terms].max(initial=NEVER_US)
        return found


def links(meters: Sequence[RegisteredMeter]) -> list[Link]:
    """The virtual ones of them, by row, each after those it is reckoned from."""
    rows = {meter.code: row for row, meter in enumerate(meters)}
    formulas = {
        row: formula.parsed(meter.terms[-1].formula) for row, meter in enumerate(meters) if meter.virtual
    }
    below = {row: _rows(each, rows) & formulas.keys() for row, each in formulas.items()}
    return [_link(row, formulas, rows) for row in TopologicalSorter(below).static_order()]


def _rows(formulas: _Formulas, rows: Mapping[str, int]) -> set[int]:
    return {rows[code] for one in formulas.values() for code in one.meters if code in rows}


def _link(row: int, formulas: Mapping[int, _Formulas], rows: Mapping[str, int]) -> Link:
    own = formulas[row]
    if any(code not in rows for one in own.values() for code in one.meters):
        return Link(row, np.empty(0, np.int64), None, ())
    named = [*own, *(term.quantity for one in own.values() for term in one.terms)]
    gauges = {_GAUGES.get(quantity, ("", 1.0))[0] for quantity in named}
    gauge = next(iter(gauges)) if len(gauges) == 1 else ""
    parts = tuple(_parts(own, formulas, rows)) if gauge else ()
    return Link(row, np.array(sorted(_rows(own, rows)), np.int64), gauge or None, parts)


def _parts(own: _Formulas, formulas: Mapping[int, _Formulas], rows: Mapping[str, int]) -> Iterator[Part]:
    for quantity, one in own.items():
        _, outwards = _GAUGES[quantity]
        for term in one.terms:
            row = rows[term.meter]
            _, direction = _GAUGES[term.quantity]
            yield Part(row, outwards * term.factor, direction, _whole(formulas.get(row), term.quantity))


def _whole(formulas: _Formulas | None, quantity: str) -> bool:
    """Whether the quantity is all that the gauge shows: it has one direction, or one is reckoned alone."""
    gauge, _ = _GAUGES[quantity]
    directions: Sequence[str] = [name for name, (shown, _) in _GAUGES.items() if shown == gauge]
    told = formulas if formulas is not None else directions
    return sum(name in told for name in directions) == 1
