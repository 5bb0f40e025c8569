"""Loads of a month that ran in dear hours and could have run in cheap ones, ranked by what that had saved."""

import calendar
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting import shift
from accounting.calendar import NO_BAND
from accounting.grid import DAY_SLOTS
from accounting.quantity import Carrier
from accounting.supply import Held
from accounting.tariff import Tariff, ordinal
from telemetry.model import Role
from telemetry.reports import period
from telemetry.reports.membership import By
from telemetry.reports.names import Name, name_of
from telemetry.reports.plans import clock
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter, Registry

_Floats = NDArray[np.float64]
_KW = 4.0
_BOUGHT = "energy_import"


class ShiftEntry(Struct, frozen=True, rename={"from_": "from"}):
    """A load with a usual block that would have cost less at another time of the day."""

    meter: str
    name: Name
    area: str
    from_: Annotated[str, Meta(description="Of its usual block, on the park's clock", examples=["10:00"])]
    to: Annotated[str, Meta(examples=["12:00"])]
    to_begin_at: Annotated[str, Meta(description="When it would have cost least", examples=["02:00"])]
    days: Annotated[int, Meta(description="Days on which it ran")]
    regularity: Annotated[float, Meta(description="Mean overlap of the days with the block, 0 to 1")]
    energy: Annotated[float, Meta(description="Of the block, above what it draws at rest [kWh]")]
    dear_energy: Annotated[float, Meta(description="Of it in bands dearer than the middle one [kWh]")]
    saves: Annotated[float, Meta(description="What the month would have cost less")]


class ShiftAnswer(Struct, frozen=True):
    """Movable loads of a month, the largest saving first."""

    month: Annotated[str, Meta(examples=["2026-10"])]
    currency: str
    fictitious: bool
    saves: Annotated[float, Meta(description="Of all of them together")]
    shifts: list[ShiftEntry]


def report(  # noqa: PLR0917  # a month of a park, and whose prices hold
    tx: Transaction,
    registry: Registry,
    tariff: Tariff,
    own: Mapping[str, Held],
    month: date,
    zone: ZoneInfo,
) -> ShiftAnswer:
    """Of the loads that stood on the month's first day; `own` has the tariffs of areas under another."""
    days = clock.Days(zone, ordinal(month) + np.arange(calendar.monthrange(month.year, month.month)[1]))
    by_tariff: dict[int, tuple[Tariff, list[RegisteredMeter]]] = {}
    at = datetime.combine(month, time(), zone)
    for meter in _loads(registry, month, zone):
        held = own.get(meter.at(at).area)
        mine = held.tariff if held is not None and held.holds(month) else tariff
        by_tariff.setdefault(id(mine), (mine, []))[1].append(meter)
    found = [e for mine, loads in by_tariff.values() for e in _found(tx, registry, mine, loads, days)]
    found.sort(key=lambda each: -each.saves)
    return ShiftAnswer(
        f"{month:%Y-%m}", tariff.currency, tariff.fictitious, sum(each.saves for each in found), found
    )


def _found(
    tx: Transaction, registry: Registry, tariff: Tariff, meters: list[RegisteredMeter], days: clock.Days
) -> list[ShiftEntry]:
    ids = np.array([meter.id for meter in meters], np.int32)
    rows = clock.settled(tx, ids, _BOUGHT, days)
    load = np.array([rows[meter.id] for meter in meters]).reshape(-1, len(days.numbers), DAY_SLOTS) * _KW
    price, dear = _prices(tariff, days)
    return [_entry(each, meters, registry) for each in shift.shifts(shift.Days(load, price, dear))]


def _loads(registry: Registry, month: date, zone: ZoneInfo) -> list[RegisteredMeter]:
    """Meters of single loads: no other meter stands behind them."""
    at = datetime.combine(month, time(), zone)
    standing = {m.code: m.at(at) for m in registry.meters if m.removed_at is None or m.removed_at > at}
    parents = {term.parent for term in standing.values()}
    return [
        meter
        for meter in registry.meters
        if meter.code in standing
        and standing[meter.code].role == Role.LOAD
        and not standing[meter.code].formula
        and meter.carrier == Carrier.ELECTRICITY
        and meter.code not in parents
    ]


def _prices(tariff: Tariff, days: clock.Days) -> tuple[_Floats, NDArray[np.bool_]]:
    """float64[d, 96], and where the band is dearer than the middle one."""
    slots = days.grid.slots
    ranks = sorted(band.rank for band in tariff.bands)
    middle = ranks[(len(ranks) - 1) // 2]
    above = np.array(
        [band.rank > middle for band in tariff.bands] + [False] * (NO_BAND + 1 - len(tariff.bands))
    )
    price = days.laid(tariff.prices_at(slots).price[None])[0]
    dear = days.laid(above[tariff.bands_at(slots)].astype(np.float64)[None])[0]
    return price, np.nan_to_num(dear) > 0


def _entry(found: shift.Shift, meters: list[RegisteredMeter], registry: Registry) -> ShiftEntry:
    meter = meters[found.load]
    return ShiftEntry(
        meter=meter.code,
        name=name_of(By.METER, meter.code, registry),
        area=meter.terms[-1].area,
        from_=_clock(found.first),
        to=_clock(found.end),
        to_begin_at=_clock(found.first + found.by),
        days=found.days,
        regularity=round(found.regularity, 3),
        energy=found.energy_kwh,
        dear_energy=found.dear_kwh,
        saves=found.saves,
    )


def _clock(slot: int) -> str:
    return f"{slot // 4 % 24:02d}:{slot % 4 * 15:02d}"


def month_of(text: str | None, today: date) -> date:
    """First day of the month asked for; default: the one before today's. Raises QueryError."""
    if text is None:
        return (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    return period.month(text, "month")
