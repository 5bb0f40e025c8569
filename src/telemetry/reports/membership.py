"""Which meters make up an area, an enterprise or a carrier, from when to when."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.grid import to_us
from accounting.quantity import CATALOGUE
from accounting.sources import scope_of
from telemetry.model import AreaKind, Role
from telemetry.reports.errors import QueryError
from telemetry.reports.series import Stretches, Sums
from telemetry.reports.steps import Steps
from telemetry.storage.registry import RegisteredMeter, Registry
from telemetry.storage.terms import MeterTerm

_NEVER = np.iinfo(np.int64).max


class By(StrEnum):
    METER = "meter"
    AREA = "area"
    ENTERPRISE = "enterprise"
    CARRIER = "carrier"
    SCOPE = "scope"


Key = Callable[[RegisteredMeter, MeterTerm, str], str | None]
"""The group that a meter's quantity belongs to while a term holds; None: to none."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What of the park a question is about; empty: all of it."""

    by: By
    meters: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()

    def check(self, registry: Registry) -> None:
        """Raises QueryError for codes that nothing bears."""
        known = {area.code for area in registry.areas}
        for code in self.areas:
            if code not in known:
                raise QueryError("area", code, "no area has this code")
        for code in self.meters:
            if code not in registry.by_code:
                raise QueryError("meter", code, "no meter has this code")

    def meters_of(self, registry: Registry) -> list[RegisteredMeter]:
        """Meters that can have a part in the answer at any time."""
        chosen = [registry.by_code[code] for code in self.meters] or list(registry.meters)
        key = key_of(self, registry)
        return [m for m in chosen if any(key(m, term, "energy_import") is not None for term in m.terms)]


def key_of(selection: Selection, registry: Registry) -> Key:
    """How the selection groups: by boundary meters, save for single meters.

    An area's total is what crosses its boundary, never a sum of what stands inside.
    """
    kinds = {area.code: area.kind for area in registry.areas}
    if selection.by is By.METER:
        inside = within(registry, selection.areas) if selection.areas else None
        return lambda meter, term, _: meter.code if inside is None or term.area in inside else None
    if selection.by is By.AREA:
        return _boundary(set(selection.areas) or set(kinds), lambda term, _: term.area)
    if selection.by is By.ENTERPRISE:
        enterprises = {code for code, kind in kinds.items() if kind == AreaKind.ENTERPRISE}
        return _boundary(enterprises & (set(selection.areas) or enterprises), lambda term, _: term.area)
    highest = tops(registry)
    if selection.by is By.SCOPE:
        return _boundary(set(selection.areas) or highest, lambda _, quantity: str(scope_of(quantity)))
    return _boundary(set(selection.areas) or highest, lambda _, quantity: CATALOGUE[quantity].carrier.value)


def tops(registry: Registry) -> set[str]:
    """The park; of a registry that is cut to single areas those with none above them."""
    codes = {area.code for area in registry.areas}
    return {area.code for area in registry.areas if area.parent not in codes}


def _boundary(areas: set[str], name: Callable[[MeterTerm, str], str]) -> Key:
    def key(_: RegisteredMeter, term: MeterTerm, quantity: str) -> str | None:
        return name(term, quantity) if term.role == Role.BOUNDARY and term.area in areas else None

    return key


def boundary_meters(registry: Registry, area: str) -> list[RegisteredMeter]:
    """Meters that cross the area's edge at any time."""
    key = _boundary({area}, lambda term, _: term.area)
    return [meter for meter in registry.meters if any(key(meter, term, "") for term in meter.terms)]


def crosses(meter: RegisteredMeter, area: str, day: date, zone: ZoneInfo) -> bool:
    """Whether the meter crosses the area's edge on a local day, as it is when the day begins."""
    term = meter.at(datetime.combine(day, time(), zone))
    return term.area == area and term.role == Role.BOUNDARY


def within(registry: Registry, areas: tuple[str, ...]) -> set[str]:
    """The areas and all that stands below them."""
    parents: Mapping[str, str | None] = {area.code: area.parent for area in registry.areas}
    return {code for code in parents if any(above in areas for above in lineage(code, parents))}


def lineage(code: str, parents: Mapping[str, str | None]) -> list[str]:
    """An area and those above it, the nearest first."""
    trail: list[str] = []
    at: str | None = code
    while at is not None and at not in trail:
        trail.append(at)
        at = parents.get(at)
    return trail


def enterprise_of(area: str, registry: Registry) -> str | None:
    """The nearest enterprise at or above an area."""
    kinds = {each.code: each.kind for each in registry.areas}
    parents = {each.code: each.parent for each in registry.areas}
    return next((c for c in lineage(area, parents) if kinds.get(c) == AreaKind.ENTERPRISE), None)


class Rows(Protocol):
    """Amounts by row: a meter's quantity each."""

    @property
    def meter_id(self) -> NDArray[np.int32]: ...
    @property
    def quantity(self) -> list[str]: ...
    def total(self, stretches: Stretches, firsts: NDArray[np.int64], groups: int) -> Sums:
        """Sums over the intervals that begin at cells `firsts` int64[k], by group."""


def grouped(
    registry: Registry, parts: Sequence[Rows], steps: Steps, until: datetime, key: Key
) -> tuple[Sums, list[tuple[str, str]], list[Stretches]]:
    """Sums by group, the groups (key, quantity) in the order they were met, where each part counts."""
    groups: dict[tuple[str, str], int] = {}
    placed = [_stretches(registry, rows, steps, until, key, groups) for rows in parts]
    firsts = np.searchsorted(steps.cells, steps.edges[:-1]).astype(np.int64)
    nothing = Sums(*np.zeros((4, len(groups), len(steps))))
    sums = sum(
        (rows.total(where, firsts, len(groups)) for rows, where in zip(parts, placed, strict=True)), nothing
    )
    return sums, list(groups), placed


def _stretches(  # noqa: PLR0917  # what is asked, and the groups to add to
    registry: Registry,
    rows: Rows,
    steps: Steps,
    until: datetime,
    key: Key,
    groups: dict[tuple[str, str], int],
) -> Stretches:
    """Where each of `rows` counts, by number in `groups`.

    A term holds from the first local day that begins under it, so that days come to what their hours do.
    From `until` on nothing can have been measured.
    """
    found: list[tuple[int, int, int, int]] = []
    starts, days = steps.cells, np.append(steps.day_edges, _NEVER)
    for row, (meter_id, quantity) in enumerate(zip(rows.meter_id.tolist(), rows.quantity, strict=True)):
        meter = registry.by_id[meter_id]
        for term, lo, hi in held(meter, starts, days, until):
            name = key(meter, term, quantity)
            if name is not None and lo < hi:
                found.append((row, lo, hi, groups.setdefault((name, quantity), len(groups))))
    columns = np.array(found, dtype=np.int64).reshape(-1, 4).T
    return Stretches(columns[0], columns[1], columns[2], columns[3])


def held(
    meter: RegisteredMeter, starts: NDArray[np.int64], days: NDArray[np.int64], until: datetime
) -> list[tuple[MeterTerm, int, int]]:
    """A meter's terms with the cells that they hold for; the first from the beginning."""
    end = until if meter.removed_at is None else min(until, meter.removed_at)
    if len(meter.terms) == 1:
        return [(meter.terms[0], 0, int(starts.searchsorted(to_us(end))))]
    since = np.array([to_us(term.valid_from) for term in meter.terms[1:]], np.int64)
    from_day = days[np.searchsorted(days, since)]
    ends = np.searchsorted(starts, np.append(from_day, to_us(end)))
    ends = np.minimum.accumulate(ends[::-1])[::-1].tolist()
    return list(zip(meter.terms, [0, *ends[:-1]], ends, strict=True))
