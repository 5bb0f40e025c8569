"""The live picture as somebody sees it who is let in for single areas."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from msgspec import structs

from telemetry.reports.picture import Counts, MeterRow, ParkRow, Picture, State
from telemetry.storage.tenancy import Scope


def rows(found: Mapping[str, MeterRow], scope: Scope, now: datetime) -> dict[str, MeterRow]:
    """By code, those of the meters that are in scope now; without values from before they were."""
    return {code: _cut(row, scope) for code, row in found.items() if scope.holds(code, now)}


def picture(whole: Picture, scope: Scope) -> Picture:
    """Its meters and areas alone; of the park itself the tariff's band, which is everybody's."""
    at = {row.meter: index for index, row in enumerate(whole.meters)}
    own = rows({row.meter: row for row in whole.meters}, scope, whole.time)
    changed = set(whole.changed)
    told = Counter(row.state for row in own.values())
    nothing = ParkRow(None, None, None, None, 0.0, 0.0, None, None, whole.park.band)
    return Picture(
        time=whole.time,
        park=nothing,
        areas=[area for area in whole.areas if area.area in scope.wholly],
        meters=list(own.values()),
        changed=[index for index, code in enumerate(own) if at[code] in changed],
        counts=Counts(*(told[state] for state in (State.LIVE, State.LATE, State.STALE, State.NEVER))),
    )


def _cut(row: MeterRow, scope: Scope) -> MeterRow:
    if row.time is None or scope.holds(row.meter, row.time):
        return row
    return structs.replace(
        row, time=None, age_s=None, state=State.NEVER, power_kw=None, co2_kg_per_h=None, values={}
    )
