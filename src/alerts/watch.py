"""Evaluation as it goes on: the lease, the newest readings, what changed, and the journal that keeps it."""

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from accounting.grid import AHEAD_US
from alerts.engine import Engine
from alerts.errors import LeaseLost
from alerts.journal import History, Journal, Late, Transition
from alerts.late import Anew
from alerts.look import Circumstances
from alerts.park import Park
from alerts.past import Part, fill
from alerts.rule import Rule
from alerts.window import Rows, Window

_ALWAYS = "active_power"
_SELDOM_US = 5_000_000
"""Late readings are waited for so long."""
_SHARE = 10
"""Of ten times the time that judging anew takes, one is spent on it."""
_BUDGET_S = 0.05
"""So long a tick judges anew at most; the rest waits for the next one."""


def quantities_of(rules: Sequence[Rule]) -> tuple[str, ...]:
    """What has to be kept in memory for all of them."""
    return tuple(sorted({_ALWAYS}.union(*(rule.quantities for rule in rules))))


class Watch:
    """One park and its rules, for as long as neither changes."""

    def __init__(
        self,
        journal: Journal,
        history: History,
        holder: str,
        park: Park,
        rules: Sequence[Rule],
        *,
        budget_s: float = _BUDGET_S,
    ) -> None:
        """`holder` names the process; a tick spends `budget_s` on late readings [s]."""
        self._budget_s = budget_s
        self._journal = journal
        self._history = history
        self._holder = holder
        self.engine = Engine(rules, Window(park, quantities_of(rules)))
        self._change = 0
        self.superseded = False
        """Whether somebody stood in while this one waited for an answer."""
        self._turn = threading.Lock()
        self.begun = False
        """Whether this process evaluates."""
        self._waiting: list[Transition] = []
        """What the journal has not taken yet."""
        self._late: list[Late] = []
        self._anew: Anew | None = None
        self._took_s = 0.0
        self._again_us = 0

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
        newest = self._history.newest(self._change, self.window.quantities)
        known = newest if self._change else _not_ahead(newest, now_us)
        self._change = int(newest.change.max(initial=self._change))
        with self._turn:
            self._expect_nobody()
            self.window.take(known, now_us)
            self.window.take(self._history.fresh(self.window.quantities), now_us, teaches=False)
            self.window.advance(now_us)
            self._waiting += self.engine.evaluate(now_us, beside)
        corrected = self._corrected(now_us, beside)
        with self._turn:
            self._expect_nobody()
            self._waiting += corrected
        self._journal.keep(self._holder, self._waiting, now_us)
        kept, self._waiting = self._waiting, []
        return kept

    def _expect_nobody(self) -> None:
        """Raises LeaseLost."""
        if self.superseded:
            raise LeaseLost("somebody has stood in meanwhile, and knows more")

    def stand_in(self, tell: Callable[[Sequence[Transition]], bool]) -> bool:
        """From another thread, while this one waits for an answer; `tell` gives whether somebody was told.

        It gets what the journal has been asked to take, and may have taken.
        """
        with self._turn:
            told = tell(() if self.superseded else tuple(self._waiting))
            self.superseded = self.superseded or told
        return told

    def give_up(self) -> list[Transition]:
        """What the journal has not taken: somebody else keeps it."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def wait(self, changes: Sequence[Transition]) -> None:
        """Let the journal take changes with the next tick: it is away."""
        self._waiting += changes

    def _corrected(self, now_us: int, beside: Circumstances) -> list[Transition]:
        """What late readings change, once the hour is lived through; the more that costs the more seldom."""
        anew = self._anew or self._begun_anew(now_us)
        if anew is None:
            return []
        started, self._anew = time.perf_counter(), None
        done = anew.proceed(now_us, self._budget_s)
        found = anew.changes(now_us, beside) if done else []
        self._took_s += time.perf_counter() - started
        if not done:
            self._anew = anew
            return []
        since_us = now_us - self._reach_us
        self._late = [each for each in self._late if anew.unsettled and each.hi.max() >= since_us]
        self._again_us = now_us + max(_SELDOM_US, int(_SHARE * self._took_s * 1e6))
        return found

    def _begun_anew(self, now_us: int) -> Anew | None:
        """Where readings have come late; those that cannot be looked at now are kept for the next time."""
        if now_us < self._again_us:
            return None
        late = self._history.late(now_us - self._reach_us)
        self._late += [late] if len(late.meter_id) else []
        self._took_s, self._again_us = 0.0, now_us + _SELDOM_US
        return Anew(self.engine, self._history, self._late, now_us) if self._late else None

    @property
    def _reach_us(self) -> int:
        return (self.window.slots - 1) * self.window.step_us

    def _begin(self, now_us: int) -> None:
        """Live through the last hour again: holds go on, and what was missed is told."""
        recalled = self._journal.recall(now_us - self.engine.flapping_us)
        resumed = False
        for moment in fill(self.window, self._history, now_us - self._reach_us, now_us):
            if not resumed and recalled.evaluated_us and moment >= recalled.evaluated_us:
                self._waiting, resumed = self.engine.resume(recalled, now_us), True
            found = self.engine.replay(moment)
            self._waiting += found if resumed else []
            if not self._journal.lease(self._holder):
                raise LeaseLost("another process has begun to evaluate the alerts meanwhile")
        if not resumed:
            self._waiting = self.engine.resume(recalled, now_us)
        self.window.begun_us = now_us
        self.begun = True


def _not_ahead(rows: Rows, now_us: int) -> Part:
    """Without readings from the future, of which nobody knows when they came."""
    return Part.of(rows, np.flatnonzero(rows.time <= now_us + AHEAD_US))
