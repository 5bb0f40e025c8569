"""Better and better plans, by taking a few jobs off the board and placing them anew."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accounting.plan.board import Board
from accounting.plan.job import Job, Slots

_MOST = 8
_EPSILON = 1e-9
_NEARBY, _ANYWHERE = 0.4, 0.3
"""Of the choices: jobs that run at about the same time, and any jobs; the rest share line or order."""
_NEARBY_SLOTS = 8
_WARMTH = 0.01
"""Of the plan's cost: a change for the worse that is taken now and then at first."""
_WISHED = 0.6
"""Of the changes: a job that runs dearly gets a place of its choice, and those in the way another."""
_WAY, _NEARLY = 4, 0.1
"""Jobs of other lines that make way at most, and how much dearer than the cheapest is near it."""
_BLURRED, _BLUR = 0.2, 0.3
"""Of the placings: by costs that are up to so much higher than they are, less with falling heat."""


class Search:
    """Plans of one board, the best so far in `best`; the same seed makes the same ones."""

    def __init__(self, board: Board, order: Sequence[Job], seed: int = 0) -> None:
        self._board, self._order = board, order
        self._chance = np.random.default_rng(seed)
        self._kin = _kin(order)
        self._missing: set[str] = set(board.jobs) - set(board.placed)
        self.best: dict[str, Slots] = {}
        self.left_out: set[str] = set(board.jobs)
        self.cost = 0.0
        self._heat = 0.0
        self._place(None, list(self._missing))
        self._keep()

    def start(self, placed: dict[str, Slots]) -> None:
        """Go on from another plan."""
        for code in list(self._board.placed):
            self._board.take(code)
        for code, slots in placed.items():
            self._board.put(code, slots)
        self._missing = set(self._board.jobs) - set(placed)
        self._keep()

    def change(self, heat: float) -> bool:
        """Whether the best plan became better; `heat` from 1 down to 0 lets worse ones be gone through."""
        before, cost, missing = dict(self._board.placed), self._board.cost, set(self._missing)
        self._heat = heat
        first, others = self._wish() if self._wishes() else self._choice()
        for code in {first, *others} & set(before):
            self._board.take(code)
        self._missing |= {first, *others}
        self._place(first, [code for code in self._missing if code != first])
        better = self._keep()
        if not better and not self._taken(cost, len(missing), heat):
            self._restore(before)
            self._missing = missing
        return better

    def _taken(self, cost: float, missing: int, heat: float) -> bool:
        if len(self._missing) != missing:
            return len(self._missing) < missing
        most = _WARMTH * heat**2 * abs(self.cost) * self._chance.exponential()
        return self._board.cost - cost <= most

    def _restore(self, before: dict[str, Slots]) -> None:
        for code in list(self._board.placed):
            if self._board.placed[code] is not before.get(code):
                self._board.take(code)
        for code, slots in before.items():
            if code not in self._board.placed:
                self._board.put(code, slots)

    def _wishes(self) -> bool:
        return not self._missing and self._chance.random() < _WISHED

    def _wish(self) -> tuple[str, set[str]]:
        """A job that runs dearly, and those that are in the way of a cheaper place."""
        codes = list(self._board.placed)
        dear = np.array([self._board.regret(code) for code in codes])
        if not dear.any():
            return self._choice()
        code = codes[int(self._chance.choice(len(codes), p=dear / dear.sum()))]
        if self._board.jobs[code].interruptible:
            return self._choice()
        line, elsewhere = self._board.competitors(code, self._wished(code))
        return code, {*line, *self._some(elsewhere, int(self._chance.integers(_WAY)))}

    def _wished(self, code: str) -> int:
        """A start that is cheaper than the present one, or nearly the cheapest."""
        earliest, costs = self._board.starts(code)
        cheaper = np.flatnonzero(costs < costs[self._board.placed[code][0] - earliest])
        if len(cheaper) and self._chance.random() < 1 / 2:
            return earliest + int(self._chance.choice(cheaper))
        return earliest + int((costs * (1 + _NEARLY * self._chance.random(len(costs)))).argmin())

    def _some(self, codes: list[str], most: int) -> set[str]:
        count = min(len(codes), most)
        return set(map(str, self._chance.choice(codes, count, replace=False))) if count else set()

    def _choice(self) -> tuple[str, set[str]]:
        """A job and some of those that share its line, its time or its order."""
        codes = list(self._board.jobs)
        first = str(self._chance.choice(sorted(self._missing) or codes))
        near = self._near(first, self._chance.random())
        return first, self._some(near, int(self._chance.integers(1, _MOST)))

    def _near(self, first: str, chance: float) -> list[str]:
        """Jobs that compete with one for time, for anything, or for its line or order."""
        placed = self._board.placed
        if chance < _NEARBY and first in placed:
            lo, hi = placed[first][0] - _NEARBY_SLOTS, placed[first][-1] + _NEARBY_SLOTS
            return [each for each, at in placed.items() if each != first and at[0] <= hi and at[-1] >= lo]
        if chance < _NEARBY + _ANYWHERE:
            return list(self._board.jobs)
        return [code for code in self._kin[first] if code in placed]

    def _place(self, first: str | None, codes: list[str]) -> None:
        """The first, then the larger ones rather before the others; what finds no place stays missing."""
        weight = {code: self._board.jobs[code].energy * self._chance.uniform(0.3, 1) for code in codes}
        order = sorted(codes, key=lambda each: -weight[each])
        for code in [first, *order] if first else order:
            blurred = self._heat and self._chance.random() < _BLURRED
            place = self._board.best(code, self._blur if blurred else None)
            if place is not None:
                self._board.put(code, place.slots)
                self._missing.discard(code)

    def _blur(self, costs: NDArray[np.float64]) -> NDArray[np.float64]:
        return costs * (1 + _BLUR * self._heat * self._chance.random(len(costs)))

    def _keep(self) -> bool:
        """Remember the plan when none was better."""
        missing, cost = len(self._missing), self._board.cost
        before = len(self.left_out)
        if missing > before or (missing == before and cost >= self.cost - _EPSILON * abs(self.cost)):
            return False
        self.best, self.cost, self.left_out = dict(self._board.placed), cost, set(self._missing)
        return True


def _kin(order: Sequence[Job]) -> dict[str, list[str]]:
    """Jobs that compete with each for its line, or that it waits for or makes wait."""
    return {
        job.code: [
            other.code
            for other in order
            if other is not job
            and (other.line == job.line or other.code in job.after or job.code in other.after)
        ]
        for job in order
    }
