"""Parts of a figure that came with a neighbour's compressed air: the bought energy that it was made of."""

import math
from collections.abc import Iterator
from datetime import date
from itertools import groupby

from accounting.quantity import CATALOGUE
from accounting.sources import SOURCES
from telemetry.reports.emission_answer import Origin
from telemetry.reports.emission_trace_answer import EmissionPart, formula, known, traces
from telemetry.reports.factors import Shortfall, Used, shortfalls, uses
from telemetry.reports.neighbours import AIR, SCOPE, Brought, Share


def parts(found: Brought) -> Iterator[EmissionPart]:
    """One for each meter of bought energy and factor behind each air meter, and for what is not told."""
    for _, those in groupby(sorted(found.shares, key=_alike), key=_alike):
        yield _part(list(those), found.coverage)
    for (through, reason), days in groupby(sorted(found.untold, key=_untold), key=_untold):
        yield _unknown(through, reason, [day for _, day, _ in days], found.coverage)


def _alike(share: Share) -> tuple[str, str, str, str]:
    factor = share.choice.factor
    return share.through, share.meter, share.quantity, factor.id if factor else ""


def _untold(each: tuple[str, date, str]) -> tuple[str, str]:
    through, _, reason = each
    return through, reason


def _part(those: list[Share], coverage: float) -> EmissionPart:
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
        coverage=coverage,
        conversion=conversion,
        formula=formula(amount, unit, conversion, factor),
        kg=known(math.fsum(each.kg for each in those)),
        factor=next(iter(uses(used)), None),
        shortfall=next(iter(shortfalls(used)), None),
        traces=[*traces(one.through, AIR, first, last), *traces(one.meter, one.quantity, first, last)],
        record=None,
        through=one.through,
    )


def _unknown(through: str, reason: str, days: list[date], coverage: float) -> EmissionPart:
    first, last = min(days), max(days)
    return EmissionPart(
        origin=Origin.METERS,
        meter=through,
        quantity=AIR,
        scope=str(SCOPE),
        gas="CO2",
        from_=first,
        to=last,
        amount=None,
        unit=CATALOGUE[AIR].unit,
        coverage=coverage,
        conversion=None,
        formula=formula(math.nan, "", None, None),
        kg=None,
        factor=None,
        shortfall=Shortfall(reason, first, last),
        traces=list(traces(through, AIR, first, last)),
        record=None,
        through=through,
    )
