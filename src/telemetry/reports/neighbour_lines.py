"""Lines of an inventory for what comes from pools of neighbours, and for what leaves."""

import math
from collections.abc import Iterator, Sequence
from datetime import date

from accounting.inventory import Flow
from telemetry.reports.crossings import EXPORT
from telemetry.reports.emission_answer import Origin
from telemetry.reports.factors import Shortfall, Used, shortfalls, uses
from telemetry.reports.inventory_answer import InventoryLine
from telemetry.reports.neighbours import SCOPE, Passed
from telemetry.reports.worth import BACK, SOLD


def bought(found: Sequence[Passed]) -> Iterator[InventoryLine]:
    """One line for each quantity that came."""
    for quantity, back in dict.fromkeys((each.quantity, each.back) for each in found):
        name = f"{quantity}.{BACK}" if back else quantity
        yield _line(name, Flow.BOUGHT, [each for each in found if each.quantity == quantity])


def sold(found: Sequence[Passed]) -> Iterator[InventoryLine]:
    """One line for each quantity that went, by what it carried."""
    for quantity in dict.fromkeys(each.quantity for each in found):
        those = [each for each in found if each.quantity == quantity]
        name = quantity if quantity == EXPORT else f"{quantity}.{SOLD}"
        yield _line(name, Flow.SOLD, those)


def _line(name: str, flow: Flow, those: Sequence[Passed]) -> InventoryLine:
    used = [Used(share.day, share.choice) for each in those for share in each.shares]
    return InventoryLine(
        name,
        str(SCOPE),
        flow,
        Origin.METERS,
        _masses(those),
        round(math.fsum(each.coverage for each in those) / len(those), 4),
        uses(used),
        [*shortfalls(used), *reasons(those)],
        _masses([each.by_market() for each in those]),
    )


def _masses(those: Sequence[Passed]) -> dict[str, float | None]:
    """Gas -> mass [kg]; null where nothing is known."""
    parts: dict[str, list[float]] = {}
    for share in (share for each in those for share in each.shares):
        if not math.isnan(share.kg):
            parts.setdefault(share.gas, []).append(share.kg)
    nothing = None if any(each.shares or each.untold for each in those) else 0.0
    return {gas: math.fsum(kg) for gas, kg in sorted(parts.items())} or {"CO2": nothing}


def reasons(those: Sequence[Passed]) -> list[Shortfall]:
    """Each once, over the days it was met."""
    days: dict[str, list[date]] = {}
    for each in those:
        for day, reason in each.untold:
            days.setdefault(reason, []).append(day)
    return [Shortfall(reason, min(met), max(met)) for reason, met in days.items()]
