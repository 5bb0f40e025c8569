"""The line of an inventory that compressed air from a neighbour makes."""

import math
from collections.abc import Iterator
from datetime import date

from accounting.inventory import Flow
from telemetry.reports.emission_answer import Origin
from telemetry.reports.factors import Shortfall, Used, shortfalls, uses
from telemetry.reports.inventory_answer import InventoryLine
from telemetry.reports.neighbours import AIR, SCOPE, Brought


def line(found: Brought) -> Iterator[InventoryLine]:
    """One line for the area's air; none where none came. Location-based."""
    if not found.came:
        return
    used = [Used(each.day, each.choice) for each in found.shares]
    lacks = [*shortfalls(used), *_reasons(found)]
    kg = _masses(found)
    yield InventoryLine(AIR, str(SCOPE), Flow.BOUGHT, Origin.METERS, kg, found.coverage, uses(used), lacks)


def _masses(found: Brought) -> dict[str, float | None]:
    """Gas -> mass [kg]; null where nothing is known."""
    parts: dict[str, list[float]] = {}
    for each in found.shares:
        if not math.isnan(each.kg):
            parts.setdefault(each.gas, []).append(each.kg)
    nothing = None if found.shares or found.untold else 0.0
    return {gas: math.fsum(kg) for gas, kg in sorted(parts.items())} or {"CO2": nothing}


def _reasons(found: Brought) -> list[Shortfall]:
    """Each once, over the days it was met."""
    days: dict[str, list[date]] = {}
    for _, day, reason in found.untold:
        days.setdefault(reason, []).append(day)
    return [Shortfall(reason, min(those), max(those)) for reason, those in days.items()]
