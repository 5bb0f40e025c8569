"""Emissions of whole months, with the factors that their days were settled with."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

import numpy as np

from accounting.factors import Choice
from telemetry.reports import months, statement
from telemetry.reports.emitted import Emitted, Revision
from telemetry.reports.energy import Question, chosen, divided
from telemetry.reports.factors import Factors, Used
from telemetry.reports.statement import Reasons
from telemetry.reports.steps import local_time
from telemetry.storage import monthly
from telemetry.storage.monthly import MonthMasses, Wanted
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry


def emitted(  # what a report is asked
    tx: Transaction,
    registry: Registry,
    factors: Factors,
    question: Question,
    revision: Revision,
    *,
    apart: Collection[int],
) -> list[Emitted]:
    """Months of the meters that are one thing throughout by gas, days of the others and of those `apart`."""
    whole, others = divided(question, registry)
    by_day = np.isin(whole, list(apart))
    whole, others = whole[~by_day], np.concatenate([others, whole[by_day]])
    asked = Wanted(whole, chosen(question.quantities), *question.steps.days)
    masses = monthly.emitted(tx, asked, revision.value)
    why = Reasons(registry, factors, question, revision)
    since = local_time(int(question.steps.edges[0]), question.steps.zone)
    found = []
    for gas in sorted({part.gas for part in masses}):
        parts = [part for part in masses if part.gas == gas]
        rows, row = months.laid(parts, question.steps)
        found.append(Emitted(gas, rows, _used(parts, row.tolist(), registry, since, why)))
    if len(others):
        found.extend(statement.of_meters(tx, others, registry, factors, question, revision))
    return found


def _used(
    found: Sequence[MonthMasses], rows: Sequence[int], registry: Registry, since: datetime, why: Reasons
) -> list[list[Used]]:
    """The choices behind each row; a run of days with one choice is told by its first and last."""
    meters = {meter for part in found for meter in part.meter_id.tolist()}
    regions = {meter: registry.by_id[meter].at(since).region for meter in meters}
    by_row: list[list[Used]] = [[] for _ in range(max(rows, default=-1) + 1)]
    turn = iter(rows)
    for part in found:
        told: dict[tuple[str, date, date], list[Used]] = {}
        columns = (part.meter_id.tolist(), part.first_day.tolist(), part.last_day.tolist())
        for meter, first, last in zip(*columns, strict=True):
            key = (regions[meter], first, last)
            if key not in told:
                told[key] = _run(part, why, meter, first, last)
            by_row[next(turn)].extend(told[key])
    return by_row


def _run(part: MonthMasses, why: Reasons, meter: int, first: date, last: date) -> list[Used]:
    def choice(day: date) -> Choice:
        return why.of((meter, part.quantity, day), part.factor, part.shortfall)

    if choice(first).why == choice(last).why:
        return [Used(day, choice(day)) for day in sorted({first, last})]
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [Used(day, choice(day)) for day in days]
