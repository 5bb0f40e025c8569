"""Parts of a figure that passed between neighbours: the bought energy that they were made of."""

import math
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from accounting.quantity import CATALOGUE
from accounting.sources import SOURCES
from telemetry.reports.crossings import EXPORT
from telemetry.reports.emission_answer import Origin
from telemetry.reports.emission_trace_answer import EmissionPart, formula, known, traces
from telemetry.reports.factors import Shortfall, Used, shortfalls, uses
from telemetry.reports.neighbours import SCOPE, Passed, Share


def parts(found: Sequence[Passed]) -> Iterator[EmissionPart]:
    """One for each meter of bought energy and factor behind each meter, and for what is not told."""
    for one in found:
        for _, those in groupby(sorted(one.shares, key=_alike), key=_alike):
            yield _part(one, list(those))
        for reason, days in groupby(sorted(one.untold, key=_reason), key=_reason):
            yield _unknown(one, reason, [day for day, _ in days])


def _alike(share: Share) -> tuple[str, str, str]:
    factor = share.choice.factor
    return share.meter, share.quantity, factor.id if factor else ""


def _reason(each: tuple[date, str]) -> str:
    return each[1]


def _part(passed: Passed, those: list[Share]) -> EmissionPart:
    one, days = those[0], [each.day for each in those]
    factor, unit = one.choice.factor, CATALOGUE[one.quantity].unit
    amount = math.fsum(each.amount for each in those)
    source = SOURCES.get(one.quantity)
    conversion = dict(source.per).get(factor.unit_denominator) if factor and source else None
    used = [Used(each.day, each.choice) for each in those]
    first, last = min(days), max(days)
    return EmissionPart(
        origin=Origin.METERS,
        meter=one.meter,
        quantity=one.quantity,
        scope=str(SCOPE),
        gas=one.gas,
        from_=first,
        to=last,
        amount=amount,
        unit=unit,
        coverage=passed.coverage,
        conversion=conversion,
        formula=formula(amount, unit, conversion, factor),
        kg=known(math.fsum(each.kg for each in those)),
        factor=next(iter(uses(used)), None),
        shortfall=next(iter(shortfalls(used)), None),
        traces=list(_behind(passed, one, first, last)),
        record=None,
        through=passed.through,
    )


def _behind(passed: Passed, one: Share, first: date, last: date) -> Iterator[str]:
    yield from traces(passed.through, EXPORT if passed.back else passed.quantity, first, last)
    if one.meter != passed.through:
        yield from traces(one.meter, one.quantity, first, last)


def _unknown(passed: Passed, reason: str, days: list[date]) -> EmissionPart:
    first, last = min(days), max(days)
    return EmissionPart(
        origin=Origin.METERS,
        meter=passed.through,
        quantity=passed.quantity,
        scope=str(SCOPE),
        gas="CO2",
        from_=first,
        to=last,
        amount=None,
        unit=CATALOGUE[passed.quantity].unit,
        coverage=passed.coverage,
        conversion=None,
        formula=formula(math.nan, "", None, None),
        kg=None,
        factor=None,
        shortfall=Shortfall(reason, first, last),
        traces=list(traces(passed.through, passed.quantity, first, last)),
        record=None,
        through=passed.through,
    )
