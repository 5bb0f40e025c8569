"""One moment as the rules see it: what was measured until then, and what holds beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.park import Park
from alerts.reel import Reel
from alerts.silence import Silence
from alerts.verdict import Subjects
from alerts.window import Window


@dataclass(frozen=True, slots=True)
class MonthFactor:
    """What the power factor does to the park's bill of the month that runs."""

    factor: float
    """At the billing point, so far."""
    so_far: float
    """What it has added to the charges [currency]; below 0: taken off."""
    whole: float
    """The same for the whole month, should it go on as it went [currency]."""
    currency: str

    @property
    def more(self) -> Mapping[str, float]:
        return {
            "month's factor": self.factor,
            f"cost so far {self.currency}": self.so_far,
            f"cost this month {self.currency}": self.whole,
        }


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known beside the readings, at one moment."""

    failing_meters: frozenset[str] = frozenset()
    """Those that did not answer when they were last asked."""
    failing_sources: frozenset[str] = frozenset()
    """Those without a connection."""
    silences: tuple[Silence, ...] = ()
    spool_share: float = float("nan")
    """How full the spool is; NaN: not known."""
    away_s: float = 0.0
    """For how long the database has not answered [s]."""
    heard_us: Mapping[str, int] = field(default_factory=dict)
    """Meter -> when whoever reads it heard of it last [us]; for while readings cannot be had."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Source -> messages that its broker says it gave up, and rows given up here, of late."""
    month_factor: MonthFactor | None = None
    """None: the contract has none, or it cannot be told."""
    usual_kw: Mapping[str, float] = field(default_factory=dict)
    """Meter -> what it draws in this quarter hour of other weeks."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How another rule stands: who of its subjects has an alert."""

    subjects: Subjects
    firing: NDArray[np.bool_]


Moment = int | NDArray[np.int64]
"""One [us], or many at once, int64[k, 1]."""


@dataclass(frozen=True, eq=False)
class Look:
    """What rules judge by."""

    window: Window
    now_us: int
    beside: Circumstances = Circumstances()
    others: Mapping[str, Standing] = field(default_factory=dict)
    """Rules that were judged before, by code."""

    @property
    def park(self) -> Park:
        return self.window.park

    @property
    def at(self) -> Moment:
        """When it is."""
        return self.now_us

    @property
    def slot(self) -> int:
        return self.now_us // self.window.step_us

    def each(self, told: Callable[[int], Any]) -> Any:  # noqa: ANN401  # whatever is told of a moment
        """What is told of the moment; of many, as [k, 1]."""
        return told(self.now_us)

    def value(self, quantity: str) -> NDArray[np.float64]:
        """In the line, float64[m]; NaN where nothing fresh is known."""
        return self.window.value(quantity, self.slot)

    def before(self, quantity: str, seconds: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """The same so long ago."""
        return self.window.value(quantity, self.slot - int(self._slots(seconds)))

    def mean(
        self, quantity: str, seconds: float | NDArray[np.float64], known: float = 0.8
    ) -> NDArray[np.float64]:
        """Over the last seconds, float64[m]; NaN where less than the share `known` of them is."""
        length = int(self._slots(seconds))
        part = self.window.stretch(quantity, self.slot - length + 1, self.slot)
        seen = ~np.isnan(part)
        count = seen.sum(axis=0)
        total = np.where(seen, part, 0.0).sum(axis=0)
        return _mean(total, count, known * length)

    def age_s(self) -> NDArray[np.float64]:
        """Since each meter was read, float64[m] [s]; NaN: never."""
        return self.window.age_s(self.slot)

    def _slots(self, seconds: float | NDArray[np.float64]) -> NDArray[np.int64]:
        return np.maximum(1, np.round(np.asarray(seconds) * 1e6 / self.window.step_us)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Looks(Look):
    """Many moments of the past at once: what is measured has a leading axis of them, [k, m]."""

    reel: Reel = field(kw_only=True)
    moments: NDArray[np.int64] = field(kw_only=True)
    """int64[k] [us]."""

    @classmethod
    def of(cls, reel: Reel, moments: NDArray[np.int64]) -> "Looks":
        return cls(reel, int(moments[-1]), reel=reel, moments=moments)

    @property
    def at(self) -> Moment:
        return self.moments[:, None]

    def each(self, told: Callable[[int], Any]) -> NDArray[Any]:
        return np.array([told(us) for us in self.moments.tolist()])[:, None]

    def value(self, quantity: str) -> NDArray[np.float64]:
        return self.reel.values(quantity, self._ends)

    def before(self, quantity: str, seconds: float | NDArray[np.float64]) -> NDArray[np.float64]:
        return self.reel.values(quantity, self._ends - self._slots(seconds).ravel())

    def mean(
        self, quantity: str, seconds: float | NDArray[np.float64], known: float = 0.8
    ) -> NDArray[np.float64]:
        """Summed in the order of time, as a single look does."""
        length = np.broadcast_to(self._slots(seconds), (len(self.moments), 1))
        total, count = np.zeros((2, len(self.moments), len(self.park)))
        for back in range(int(length.max()) - 1, -1, -1):
            part = self.reel.values(quantity, self._ends - back)
            seen = ~np.isnan(part) & (back < length)
            count += seen
            total += np.where(seen, part, 0.0)
        return _mean(total, count, known * length)

    @property
    def _ends(self) -> NDArray[np.int64]:
        return self.moments // self.window.step_us


def _mean(
    total: NDArray[np.float64], count: NDArray[Any], needed: float | NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    enough = count >= np.maximum(1.0, needed)
    return np.where(enough, total / np.maximum(count, 1), np.nan)
