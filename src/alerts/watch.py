"""Evaluation as it goes on: the lease, the newest readings, what changed, and the journal that keeps it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.engine import Engine
from alerts.errors import LeaseLost
from alerts.journal import History, Journal, Transition
from alerts.look import Circumstances
from alerts.park import Park
from alerts.rule import Rule
from alerts.window import Rows, Window

_PART_US = 300_000_000
"""Readings of the past are fetched in parts of so many microseconds."""
_ALWAYS = "active_power"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some rows of others."""

    meter_id: NDArray[np.int32]
    time: NDArray[np.int64]
    quantities: tuple[str, ...]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Rows, at: NDArray[np.intp]) -> "Part":
        return cls(rows.meter_id[at], rows.time[at], rows.quantities, rows.values[at])


def quantities_of(rules: Sequence[Rule]) -> tuple[str, ...]:
    """What has to be kept in memory for all of them."""
    return tuple(sorted({_ALWAYS}.union(*(rule.quantities for rule in rules))))


def fill(window: Window, history: History, lo_us: int, hi_us: int, part_us: int = _PART_US) -> Iterator[int]:
    """Let the window live through [lo, hi) as it was recorded; gives a moment of each slot [us].

    That is the last at which something was read, or the slot's end.
    """
    step = window.step_us
    for part in range(lo_us // step * step, hi_us, part_us):
        end = min(part + part_us, hi_us)
        rows = history.readings(window.park.ids, part, end, window.quantities)
        by_time = np.argsort(rows.time, kind="stable")
        slot = rows.time[by_time] // step
        for number in range(part // step, -(-end // step)):
            lo, hi = np.searchsorted(slot, (number, number + 1))
            window.take(Part.of(rows, by_time[lo:hi]))
            moment = int(rows.time[by_time[hi - 1]]) if hi > lo else min((number + 1) * step - 1, hi_us)
            window.advance(moment)
            yield moment


class Watch:
    """One park and its rules, for as long as neither changes."""

    def __init__(
        self, journal: Journal, history: History, holder: str, park: Park, rules: Sequence[Rule]
    ) -> None:
        """`holder` names the process."""
        self._journal = journal
        self._history = history
        self._holder = holder
        self.engine = Engine(rules, Window(park, quantities_of(rules)))
        self._change = 0
        self.begun = False
        """Whether this process evaluates."""
        self._waiting: list[Transition] = []
        """What the journal has not taken yet."""

    @property
    def window(self) -> Window:
        return self.engine.window

    def tick(self, now_us: int, beside: Circumstances) -> list[Transition]:
        """What changed, once the journal has it; nothing while another process evaluates.

        Raises LeaseLost when another one has begun, and what the journal raises; then it is tried again.
        """
        if not self._journal.lease(self._holder):
            if self.begun:
                raise LeaseLost("another process evaluates the alerts by now")
            return []
        if not self.begun:
            self._begin(now_us)
        newest = self._history.newest(self._change)
        self._change = int(newest.change.max(initial=self._change))
        self.window.take(newest)
        self.window.advance(now_us)
        self._waiting += self.engine.evaluate(now_us, beside)
        self._journal.keep(self._holder, self._waiting, now_us)
        kept, self._waiting = self._waiting, []
        return kept

    def _begin(self, now_us: int) -> None:
        """Live through the last hour again: holds go on, and what was missed is told."""
        reach = (self.window.slots - 1) * self.window.step_us
        recalled = self._journal.recall(now_us - self.engine.flapping_us)
        resumed = False
        for moment in fill(self.window, self._history, now_us - reach, now_us):
            if not resumed and recalled.evaluated_us and moment >= recalled.evaluated_us:
                self._waiting, resumed = self.engine.resume(recalled, now_us), True
            found = self.engine.replay(moment)
            self._waiting += found if resumed else []
        if not resumed:
            self._waiting = self.engine.resume(recalled, now_us)
        self.window.begun_us = now_us
        self.begun = True
