"""What meters showed last: their newest reading, its rhythm, how fast their counters rise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.grid import AHEAD_US
from accounting.rhythm import clipped, follow
from accounting.rising import Rises
from telemetry.reports import live
from telemetry.reports.live import COUNTERS, EXPORT, IMPORT, NEVER_US, POWER, QUANTITIES, Last
from telemetry.reports.roster import Roster
from telemetry.storage.latest import Newest
from telemetry.storage.readings import ReadingColumns

_COUNTERS = np.array([QUANTITIES.index(name) for name in COUNTERS])
_ELECTRIC = np.array([COUNTERS.index(IMPORT), COUNTERS.index(EXPORT)])


@dataclass(slots=True, eq=False)
class Board:
    """The last reading of each meter of a roster."""

    roster: Roster
    last: Last
    dated: NDArray[np.int64]
    """int64[m] [us]: as the last reading says, or when it came where that lies ahead."""
    interval_s: NDArray[np.float64]
    """float64[m] [s]: declared by the source, or learned from the readings."""
    values: list[dict[str, float]]
    rises: Rises
    shown: NDArray[np.bool_]
    """bool[m, k] by QUANTITIES: what each meter has shown."""
    counted: NDArray[np.bool_]
    """bool[m, e] by live.EMITTERS: what of it counts as the meter's emissions."""

    @classmethod
    def blank(cls, roster: Roster) -> "Board":
        size = len(roster)
        interval = np.where(np.isnan(roster.poll_s), roster.most_s, roster.poll_s)
        shown = np.zeros((size, len(QUANTITIES)), np.bool_)
        return cls(
            roster,
            Last.none(size),
            np.full(size, NEVER_US),
            interval,
            [{} for _ in range(size)],
            Rises(roster.most_s, len(COUNTERS)),
            shown,
            live.counted(shown),
        )

    @property
    def power_kw(self) -> NDArray[np.float64]:
        """In the line, float64[m] [kW]; NaN: not known."""
        return live.power_kw(self.roster, self.last, self.rises.per_hour, self.shown)

    def recall(self, rows: ReadingColumns) -> None:
        """What each meter's newest readings, of all QUANTITIES, tell: its rhythm and its rises."""
        self._recall_rhythm(rows)
        heads, turn = np.unique(rows.meter_id, return_index=True)
        place = np.arange(len(rows)) - np.repeat(turn, np.diff(np.append(turn, len(rows))))
        meter = np.array([self.roster.index[one] for one in heads.tolist()], np.int64)
        meter = meter[np.searchsorted(heads, rows.meter_id)] if len(heads) else meter
        for nth in range(int(place.max(initial=-1)) + 1):
            at = place == nth
            self._rise(meter[at], rows.time[at], rows.values[at])

    def take(self, newest: Newest, now_us: int) -> None:
        """Newer readings replace older ones, and those that bore a wrong time."""
        ids = newest.meter_id.tolist()
        at = [(self.roster.index[one], row) for row, one in enumerate(ids) if one in self.roster.index]
        if not at:
            return
        meter, row = (np.array(column) for column in zip(*at, strict=True))
        self._learn(meter, newest.time[row])
        self._rise(meter, newest.time[row], newest.values[row])
        self.last.time[meter] = newest.time[row]
        self.dated[meter] = np.where(newest.time[row] > now_us + AHEAD_US, now_us, newest.time[row])
        self.last.values[meter] = newest.values[row]
        for one, shown in zip(meter.tolist(), live.shown(self.roster, self.last, meter), strict=True):
            self.values[one] = shown

    def _rise(self, meter: NDArray[np.int64], time: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        counters = values[:, _COUNTERS]
        counters[np.ix_(~np.isnan(values[:, POWER]), _ELECTRIC)] = np.nan
        self.rises.take(meter, time, counters)
        new = meter[(~np.isnan(values) & ~self.shown[meter]).any(axis=1)]
        self.shown[meter] |= ~np.isnan(values)
        self.counted[new] = live.counted(self.shown[new])

    def _recall_rhythm(self, rows: ReadingColumns) -> None:
        """The rhythm of meters whose source declares none."""
        same = np.diff(rows.meter_id) == 0
        gap = np.diff(rows.time)[same] / 1e6
        ids = rows.meter_id[1:][same]
        for one in np.unique(ids).tolist():
            at = self.roster.index[one]
            if np.isnan(self.roster.poll_s[at]):
                rhythm = np.median(gap[ids == one])
                self.interval_s[at] = clipped(rhythm, self.roster.most_s[at])

    def _learn(self, meter: NDArray[np.int64], time: NDArray[np.int64]) -> None:
        """The rhythm of meters whose source declares none: a running mean of the gaps between readings."""
        gap = (time - self.last.time[meter]) / 1e6
        learned = np.isnan(self.roster.poll_s[meter]) & (self.last.time[meter] != NEVER_US) & (gap > 0)
        meter, gap = meter[learned], gap[learned]
        self.interval_s[meter] = follow(self.interval_s[meter], gap, self.roster.most_s[meter])
