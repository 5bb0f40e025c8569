"""What the statement's days emitted, as reported and as current."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from accounting.emissions import rate
from accounting.factors import Choice
from accounting.sources import SOURCES, emitting, scope_of
from telemetry.jobs.basis import Basis
from telemetry.storage.emission import Emissions
from telemetry.storage.registry import RegisteredMeter

_BASIS = {1: "direct", 2: "location"}
_REPORTED, _CURRENT = "reported", "current"


class Day(NamedTuple):
    """One row of the statement."""

    meter: RegisteredMeter
    quantity: str
    day: date
    amount: float
    first_settled: date


class _Row(NamedTuple):
    meter_id: int
    quantity: str
    day: date
    basis: str
    gas: str
    revision: str
    scope: int
    kg: float
    factor: str | None
    shortfall: str | None


def emissions(
    days: Sequence[Day], shown: Mapping[int, frozenset[str]], basis: Basis, today: date
) -> Emissions:
    """Emissions of days; `shown` tells what is settled for each meter, so that no flow counts twice."""
    counted = {meter_id: frozenset(emitting(names)) for meter_id, names in shown.items()}
    rows = [row for day in days if day.quantity in counted[day.meter.id] for row in _rows(day, basis, today)]
    return _columns(rows)


def _rows(day: Day, basis: Basis, today: date) -> Iterator[_Row]:
    region = day.meter.at(_morning(day.day, basis.zone)).region
    known = {_REPORTED: max(day.day, day.first_settled), _CURRENT: max(day.day, today)}
    for revision, moment in known.items():
        choice = basis.factors.choice(region, day.quantity, day.day, moment)
        if choice is not None:
            yield _row(day, revision, choice)


def _row(day: Day, revision: str, choice: Choice) -> _Row:
    source, factor = SOURCES.get(day.quantity), choice.factor
    scope = scope_of(day.quantity)
    kg = day.amount * rate(source, factor) if source and factor else math.nan
    return _Row(
        day.meter.id,
        day.quantity,
        day.day,
        _BASIS[scope],
        factor.gas if factor else "CO2",
        revision,
        scope,
        kg,
        factor.id if factor else None,
        choice.shortfall,
    )


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _columns(rows: Sequence[_Row]) -> Emissions:
    columns = list(zip(*rows, strict=True)) or [()] * len(_Row._fields)
    meter_id, quantity, day, basis, gas, revision, scope, kg, factor, shortfall = columns
    return Emissions(
        np.array(meter_id, np.int32),
        quantity,
        np.array(day, "M8[D]"),
        basis,
        gas,
        revision,
        np.array(scope, np.int16),
        np.array(kg, np.float64),
        factor,
        shortfall,
    )
