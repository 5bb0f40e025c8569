"""Heat that was recovered in an area, by its meters, and what could have been, by what converters took."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from accounting.carriers import FLOWS, energy_of
from accounting.quantity import Carrier
from telemetry.model import Converter, Role
from telemetry.reports.frozen import Stretch
from telemetry.reports.market import start_of
from telemetry.reports.membership import within
from telemetry.storage import daily
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter, Registry

_HEAT = FLOWS[Carrier.RECOVERED_HEAT][0]


@dataclass(frozen=True, slots=True)
class Recovered:
    """[GJ]; None: no meter, or no converter with a share, tells."""

    heat: float | None = None
    recoverable: float | None = None


def recovered(
    tx: Transaction, registry: Registry, converters: Sequence[Converter], stretch: Stretch, zone: ZoneInfo
) -> Recovered:
    books = _Books(tx, registry, stretch, zone, within(registry, (stretch.area,)))
    meters = [meter for meter in registry.meters if meter.carrier == Carrier.RECOVERED_HEAT]
    heat = [amount for meter in meters for day, amount in books.days(meter, _HEAT) if books.first(meter, day)]
    shared = [(each, each.recoverable_share) for each in converters if each.recoverable_share]
    could = [part for each, share in shared for part in books.taken(each, share)]
    return Recovered(math.fsum(heat) if heat else None, _sum(could))


def _sum(parts: Sequence[float]) -> float | None:
    return math.fsum(parts) if parts and not any(map(math.isnan, parts)) else None


@dataclass(frozen=True, slots=True, eq=False)
class _Books:
    tx: Transaction
    registry: Registry
    stretch: Stretch
    zone: ZoneInfo
    inside: set[str]

    def days(self, meter: RegisteredMeter, quantity: str) -> Iterator[tuple[date, float]]:
        """Settled days on which it stands in the area."""
        ids = np.array([meter.id], np.int32)
        rows = daily.select(self.tx, ids, [quantity], self.stretch.first, self.stretch.last)
        for day, amount in zip(rows.day.tolist(), rows.amount.tolist(), strict=True):
            if meter.at(start_of(day, self.zone)).area in self.inside:
                yield day, amount

    def first(self, meter: RegisteredMeter, day: date) -> bool:
        """Whether it counts: no check, no formula, and not behind another of its kind."""
        term = meter.at(start_of(day, self.zone))
        above = self.registry.by_code.get(term.parent or "")
        behind = above is not None and above.carrier == meter.carrier
        return term.role != Role.CHECK and not term.formula and not behind

    def taken(self, converter: Converter, share: float) -> Iterator[float]:
        """What of its inputs could be recovered, day by day; NaN where an input shows no energy."""
        for code in converter.inputs:
            meter = self.registry.by_code.get(code)
            if meter is not None:
                quantity = FLOWS[Carrier(meter.carrier)][0]
                each = energy_of(quantity)
                rate = math.nan if each is None else each * share
                yield from (kwh * rate for day, kwh in self.days(meter, quantity) if converter.holds(day))
