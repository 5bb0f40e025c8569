"""Settled amounts by meter, area, enterprise or carrier over intervals of the park's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting.grid import floor_slot, to_us
from accounting.quantity import CATALOGUE
from telemetry.reports import months
from telemetry.reports.errors import QueryError
from telemetry.reports.membership import By, Rows, Selection, grouped, key_of
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name, name_of
from telemetry.reports.series import Cells, Sums, local_days, quarter_hours
from telemetry.reports.steps import Step, Steps, local_time
from telemetry.storage import daily, energy, monthly
from telemetry.storage.monthly import Wanted
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

PHASES = ("_l1", "_l2", "_l3")
Values = Annotated[
    list[float | None],
    Meta(description="One for each of times; null: nothing is known", examples=[[96.5, None]]),
]
Coverage = Annotated[
    list[float], Meta(description="Share of each interval that was measured, 0 to 1", examples=[[1.0, 0.0]])
]
Estimated = Annotated[
    list[bool], Meta(description="Known, and not fully measured", examples=[[False, False]])
]


class EnergySeries(Struct, frozen=True):
    """The amounts of one quantity in one group."""

    key: str
    name: Name
    quantity: str
    carrier: str
    unit: Annotated[str, Meta(examples=["kWh"])]
    values: Values
    coverage: Coverage
    estimated: Estimated


class EnergyAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """Amounts over intervals; areas, enterprises and carriers by their boundary meters."""

    from_: Moment
    to: Moment
    step: Step
    by: By
    zone: str
    times: Annotated[list[Moment], Meta(description="Starts of the intervals")]
    series: list[EnergySeries]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and when."""

    steps: Steps
    selection: Selection
    quantities: tuple[str, ...]
    """Empty: all but single phases."""
    now: datetime


def report(tx: Transaction, registry: Registry, question: Question) -> EnergyAnswer:
    """Raises QueryError for codes and quantities that are not there."""
    question.selection.check(registry)
    steps, by = question.steps, question.selection.by
    parts = (
        by_month(tx, registry, question) if steps.step is Step.MONTH else [settled(tx, registry, question)]
    )
    key = key_of(question.selection, registry)
    sums, groups, _ = grouped(registry, parts, steps, elapsed(question), key)
    return EnergyAnswer(
        from_=local_time(int(steps.edges[0]), steps.zone),
        to=steps.end,
        step=steps.step,
        by=by,
        zone=steps.zone.key,
        times=steps.times(),
        series=_series(sums, groups, by, registry),
    )


def by_month(tx: Transaction, registry: Registry, question: Question) -> list[Rows]:
    """Months of the meters that are one thing throughout, days of the others."""
    whole, apart = divided(question, registry)
    names, (first, last) = chosen(question.quantities), question.steps.days
    found, _ = months.laid(monthly.select(tx, Wanted(whole, names, first, last)), question.steps)
    return [found, by_local_day(tx, apart, names, first, last)] if len(apart) else [found]


def divided(question: Question, registry: Registry) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The question's meters that are one thing throughout, and the others."""
    meters = question.selection.meters_of(registry)
    even = np.array([months.steady(meter, question.steps) for meter in meters], bool)
    ids = np.array([meter.id for meter in meters], np.int32)
    return ids[even], ids[~even]


def settled(tx: Transaction, registry: Registry, question: Question) -> Cells:
    """Amounts of the question's meters: local days for days and months, else quarter hours."""
    meters = question.selection.meters_of(registry)
    ids = np.array([meter.id for meter in meters], dtype=np.int32)
    names = chosen(question.quantities)
    first, last = question.steps.days
    if question.steps.by_day:
        return by_local_day(tx, ids, names, first, last)
    return by_quarter_hour(tx, ids, names, question.steps)


def by_quarter_hour(tx: Transaction, ids: NDArray[np.int32], names: Sequence[str], steps: Steps) -> Cells:
    """Amounts of the quarter hours inside `steps`. Raises QueryError when they are too many."""
    found = energy.select(tx, ids, names, *utc_days(steps.edges))
    return quarter_hours(
        found.meter_id,
        found.quantity,
        found.day,
        amount=found.amount,
        coverage=found.coverage,
        grid=steps.grid,
    )


def by_local_day(tx: Transaction, ids: NDArray[np.int32], names: list[str], first: date, last: date) -> Cells:
    """Amounts of the local days first..last. Raises QueryError when they are too many."""
    rows = daily.select(tx, ids, names, first, last)
    return local_days(
        rows.meter_id,
        rows.quantity,
        rows.day,
        amount=rows.amount,
        coverage=rows.coverage,
        first=np.datetime64(first),
        days=days_of(first, last),
    )


def chosen(quantities: Sequence[str]) -> list[str]:
    """Quantities that can be settled: the asked ones, or all but single phases. Raises QueryError."""
    for name in quantities:
        if name not in CATALOGUE:
            raise QueryError("quantity", name, "is not in the catalogue; GET /api/v1/site lists it")
    return list(quantities) or [name for name in CATALOGUE if not name.endswith(PHASES)]


def utc_days(edges: NDArray[np.int64]) -> tuple[date, date]:
    """UTC days that the quarter hours between `edges` int64[n] [us] touch."""
    first = datetime.fromtimestamp(int(edges[0]) // 1_000_000, UTC)
    last = datetime.fromtimestamp((int(edges[-1]) - 1) // 1_000_000, UTC)
    return first.date(), last.date()


def days_of(first: date, last: date) -> int:
    return (last - first) // timedelta(days=1) + 1


def elapsed(question: Question) -> datetime:
    """Up to where something could have been settled: the running day counts, a running quarter hour not."""
    return question.now if question.steps.by_day else last_edge(question.now)


def last_edge(now: datetime) -> datetime:
    """The last end of a quarter hour."""
    return datetime.fromtimestamp(floor_slot(to_us(now)) // 1_000_000, UTC)


def columns(sums: Sums) -> list[tuple[list[float | None], list[float], list[bool]]]:
    """Values, coverage and estimated flags of each group."""
    coverage = np.round(sums.coverage(), 4).tolist()
    return list(zip(known(sums.values()), coverage, sums.estimated().tolist(), strict=True))


def known(values: NDArray[np.float64]) -> list[list[float | None]]:
    """The same with None for NaN."""
    told = values.astype(object)
    told[np.isnan(values)] = None
    found: list[list[float | None]] = told.tolist()
    return found


def _series(sums: Sums, groups: Sequence[tuple[str, str]], by: By, registry: Registry) -> list[EnergySeries]:
    found, told = [], columns(sums)
    for row, (key, quantity) in sorted(enumerate(groups), key=lambda each: each[1]):
        entry = CATALOGUE[quantity]
        name = name_of(by, key, registry)
        found.append(EnergySeries(key, name, quantity, entry.carrier.value, entry.unit, *told[row]))
    return found
