"""What a rule would have told over a range of the past, judged by the readings that are kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from accounting.grid import to_us
from alerts.engine import Engine
from alerts.journal import Transition
from alerts.park import Park
from alerts.past import fill, wind
from alerts.reel import Reel
from alerts.rule import LONGEST_S, Rule
from alerts.verdict import Kind
from alerts.watch import quantities_of
from alerts.window import Window
from telemetry.reports.errors import QueryError
from telemetry.reports.watched import StoredHistory, park_of
from telemetry.settings.plan import Plan
from telemetry.storage import registry
from telemetry.storage.pool import Connections

MOST_TOLD = 2000
_LONGEST = timedelta(days=31)
_STEPS_S = ((1.0, 10), (7.0, 30), (31.0, 60))
"""(Days up to which, length of a step [s])."""
_PART_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule over [lo, hi)."""

    rule: Rule
    lo: datetime
    hi: datetime

    @property
    def step_s(self) -> int:
        """Holds and clear times count in these."""
        days = (self.hi - self.lo) / timedelta(days=1)
        return next(step for most, step in _STEPS_S if days <= most)

    def check(self) -> None:
        """Raises QueryError."""
        if not self.rule.replayed:
            reason = "recorded readings alone do not tell how things stood for this kind of rule"
            raise QueryError("rule.kind", self.rule.kind, reason)
        if self.hi - self.lo > _LONGEST:
            raise QueryError("from", self.lo.isoformat(), "lies more than 31 days before to")

    def transitions(
        self, database: Connections, plan: Plan, tell: Callable[[float], None] = lambda _: None
    ) -> Iterator[Transition]:
        """In the order in which they would have come; `tell` hears which share of the time is lived through.

        Raises QueryError, StorageError, and what `tell` raises.
        """
        self.check()
        park, history = self._park(database, plan), StoredHistory(database)
        window = (Reel if self.rule.at_once else Window)(
            park,
            quantities_of([self.rule]),
            step_us=self.step_s * 1_000_000,
            slots=int(LONGEST_S // self.step_s) + 1,
        )
        engine = Engine([self.rule], window)
        yield from self._lived(engine, history, window, tell)
        failed = engine.watched[self.rule.code].health
        if failed.failing:
            raise QueryError("rule", self.rule.code, f"cannot be evaluated: {failed.last_error}")

    def _lived(
        self, engine: Engine, history: StoredHistory, window: Window, tell: Callable[[float], None]
    ) -> Iterator[Transition]:
        lo, hi = to_us(self.lo), to_us(self.hi)
        begun = lo - round(self.rule.depth_s * 1e6)
        if isinstance(window, Reel):
            for moments in wind(window, history, begun, hi):
                if moments[-1] >= lo:
                    yield from engine.relive(window, moments[moments >= lo])
                tell((int(moments[-1]) - begun) / (hi - begun))
            return
        for moment in fill(window, history, begun, hi, _PART_US):
            if moment >= lo:
                yield from engine.replay(moment)
            tell((moment - begun) / (hi - begun))

    def _park(self, database: Connections, plan: Plan) -> Park:
        """Of the meters alone that the rule looks at, as they are now.

        How often they were read then is learned from the readings: old ones may stand further apart.
        """
        found = park_of(registry.load(database), plan, datetime.now(UTC))
        park = replace(found, interval_s=np.full(len(found), np.nan))
        subjects = self.rule.subjects(park)
        if subjects.kind is not Kind.METER:
            return park
        wanted = np.zeros(len(park), np.bool_)
        wanted[subjects.at] = True
        return park.only(park.with_terms(wanted))
