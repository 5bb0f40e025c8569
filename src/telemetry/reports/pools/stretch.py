"""What the meters of a park showed over one run of quarter hours, split where what they are changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.balance import OPPOSITE
from accounting.carriers import FLOWS
from accounting.grid import SLOT_US, Grid, local_days
from accounting.quantity import Carrier
from telemetry.model import Converter
from telemetry.reports.pools.layout import INFLOWS, Layout, Part, PoolKey, Row, Way, layout
from telemetry.reports.steps import local_time
from telemetry.storage.registry import RegisteredMeter, Registry
from telemetry.storage.terms import MeterTerm

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Cells lo..hi over which every meter and converter stays what it is."""

    lo: int
    hi: int
    laid: Layout
    standing: Mapping[str, MeterTerm]
    converters: Mapping[str, Converter]

    @property
    def meters(self) -> set[str]:
        """What its rows show, and what its converters recover."""
        recovered = {code for each in self.converters.values() for code in each.recovered}
        return {row.meter for row in self.laid.rows} | (recovered & self.standing.keys())


@dataclass(frozen=True, slots=True, eq=False)
class Showing:
    """Settled amounts of the park's meters on a grid."""

    registry: Registry
    grid: Grid
    zone: ZoneInfo
    converters: Sequence[Converter]
    rows: Mapping[tuple[str, str], _Floats]
    """(Meter, quantity) -> float64[n]."""

    @property
    def meters(self) -> list[RegisteredMeter]:
        return [meter for meter in self.registry.meters if meter.carrier in FLOWS]

    def days(self) -> list[date]:
        """Local day of each cell."""
        found: list[date] = local_days(self.zone, self.grid.slots).tolist()
        return found

    def stretches(self) -> Iterator[Stretch]:
        for lo, hi in pairwise(self._edges()):
            at = local_time(self.grid.start_us + lo * SLOT_US, self.zone)
            standing = {
                meter.code: meter.at(at)
                for meter in self.meters
                if meter.removed_at is None or meter.removed_at > at
            }
            held = [each for each in self.converters if each.holds(at.date())]
            laid = layout(self.registry, standing, {m.code: m.carrier for m in self.meters}, held)
            yield Stretch(lo, hi, laid, standing, {each.code: each for each in held})

    def _edges(self) -> list[int]:
        changes = [term.valid_from for meter in self.meters for term in meter.terms]
        changes += [meter.removed_at for meter in self.meters if meter.removed_at]
        moments = {(int(at.timestamp() * 1e6) - self.grid.start_us) // SLOT_US for at in changes}
        first = {day for each in self.converters for day in (each.since, _after(each.to)) if day}
        days = self.days()
        moments |= {days.index(day) for day in first if day in days}
        inside = {at for at in moments if 0 < at < self.grid.count}
        return [0, *sorted(inside), self.grid.count]

    def quantity(self, meter: str) -> str:
        """By which the meter's carrier flows, of those that it shows; the best where it shows none."""
        flows = FLOWS[Carrier(self.registry.by_code[meter].carrier)]
        return next((name for name in flows if (meter, name) in self.rows), flows[0])

    def amount(self, row: Row, lo: int, hi: int) -> _Floats:
        """float64[hi - lo]; NaN where it is not known, 0 for a way in which the meter shows nothing."""
        quantity = self.quantity(row.meter)
        name = quantity if row.way is Way.ALONG else OPPOSITE.get(quantity)
        found = self.rows.get((row.meter, name)) if name else None
        if found is not None:
            return found[lo:hi]
        side = row.way is Way.AGAINST or (row.part is Part.USED and (row.meter, _out(quantity)) in self.rows)
        return np.full(hi - lo, 0.0 if side else np.nan)

    def unit_of(self, laid: Layout, pool: PoolKey) -> str:
        """The quantity in which a pool is told: that of its first inflow."""
        rows = [row for row in laid.rows if row.pool == pool]
        first = next((row for row in rows if row.part in INFLOWS and row.way is Way.ALONG), rows[0])
        return self.quantity(first.meter)


def _out(quantity: str) -> str:
    return OPPOSITE.get(quantity) or ""


def _after(day: date | None) -> date | None:
    return None if day is None or day == date.max else date.fromordinal(day.toordinal() + 1)
