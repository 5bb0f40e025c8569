"""What stands behind each boundary and each meter: in which part, and from when to when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from telemetry.model import AreaKind, Role
from telemetry.reports.membership import held, lineage
from telemetry.reports.steps import Steps
from telemetry.storage.registry import RegisteredMeter, Registry
from telemetry.storage.terms import MeterTerm

Standing = Mapping[str, MeterTerm]
"""Meter -> what it is, for as long as nothing changes."""


class Place(NamedTuple):
    """An area by its boundary meters, or a meter."""

    code: str
    area: bool


class Part(NamedTuple):
    """What is told apart behind a place."""

    code: str
    area: bool
    enterprise: str | None
    """The nearest one at or above where it stands."""


class Row(NamedTuple):
    """A meter that counts into a part; sign -1: it is taken off, for it belongs to another part."""

    meter: str
    part: Part
    sign: int


@dataclass(slots=True)
class Sides:
    """Who stands on the boundary of a place and who behind it, each over cells lo..hi."""

    above: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    below: dict[Row, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def meters(self) -> set[str]:
        return {*self.above, *(row.meter for row in self.below)}


def places(
    registry: Registry, meters: Iterable[RegisteredMeter], steps: Steps, until: datetime
) -> dict[Place, Sides]:
    """Every area with boundary meters, and every meter with others behind it, among `meters`.

    Cells are the quarter hours of `steps`; nothing stands anywhere from `until` on.
    """
    found: dict[Place, Sides] = defaultdict(Sides)
    for lo, hi, standing in _stretches(meters, steps, until):
        tree = _Tree(registry, standing)
        for place, above, below in [*_areas(tree), *_meters(tree)]:
            for code in above:
                found[place].above.setdefault(code, []).append((lo, hi))
            for row in below:
                found[place].below.setdefault(row, []).append((lo, hi))
    return {place: sides for place, sides in found.items() if sides.above and sides.below}


def _stretches(
    meters: Iterable[RegisteredMeter], steps: Steps, until: datetime
) -> Iterator[tuple[int, int, Standing]]:
    """Cells over which every meter stays what it is."""
    terms = [
        (meter.code, *each)
        for meter in meters
        for each in held(meter, steps.grid.slots, np.append(steps.day_edges, np.iinfo(np.int64).max), until)
        if each[1] < each[2]
    ]
    edges = sorted({edge for _, _, lo, hi in terms for edge in (lo, hi)})
    for lo, hi in pairwise(edges):
        yield lo, hi, {code: term for code, term, since, end in terms if since <= lo and hi <= end}


def _meters(tree: "_Tree") -> Iterator[tuple[Place, list[str], list[Row]]]:
    """A meter against those that name it as their parent, in any role; virtual ones measure nothing."""
    below: dict[str, list[Row]] = defaultdict(list)
    for code, term in tree.standing.items():
        if term.parent is not None and term.parent in tree.standing and not term.formula:
            below[term.parent].append(Row(code, tree.meter(code), 1))
    for code, rows in below.items():
        yield Place(code, area=False), [code], rows


def _areas(tree: "_Tree") -> Iterator[tuple[Place, list[str], list[Row]]]:
    behind: dict[str, set[str]] = defaultdict(set)
    for code in tree.standing:
        for area in tree.over(code):
            behind[area].add(code)
    for area, crossing in tree.crossing.items():
        rows = [row for code in sorted(behind[area]) for row in tree.rows(code, behind[area])]
        yield Place(area, area=True), crossing, rows


class _Tree:
    """Areas and meters as they stand over one stretch."""

    def __init__(self, registry: Registry, standing: Standing) -> None:
        self.standing = standing
        self._above = {area.code: area.parent for area in registry.areas}
        self._enterprises = {area.code for area in registry.areas if area.kind == AreaKind.ENTERPRISE}
        self._upstream = {code: term.parent for code, term in standing.items()}
        self.crossing: dict[str, list[str]] = defaultdict(list)
        """Area -> its boundary meters."""
        for code, term in standing.items():
            if term.role == Role.BOUNDARY:
                self.crossing[term.area].append(code)
        self._passed = {
            over
            for area in self.crossing.keys() & self._enterprises
            for over in lineage(area, self._above)[1:]
            if over not in self._enterprises
        }

    def over(self, code: str) -> set[str]:
        """Areas with a boundary that a meter stands behind, without another boundary between."""
        term = self.standing[code]
        if term.role == Role.BOUNDARY and term.area in self._passed:
            return set()
        if term.role == Role.CHECK or (term.formula and term.role != Role.BOUNDARY):
            return set()
        inside = lineage(term.area, self._above)
        found = set()
        for area in inside[1:] if term.role == Role.BOUNDARY else inside:
            if area in self.crossing:
                found.add(area)
                if area not in self._passed:
                    break
        return found | {area for area in self._feeding(code) if area not in inside}

    def _feeding(self, code: str) -> set[str]:
        """Areas over whose boundary meters a boundary meter is fed."""
        if self.standing[code].role != Role.BOUNDARY:
            return set()
        over = (self.standing[each] for each in lineage(code, self._upstream)[1:] if each in self.standing)
        return {term.area for term in over if term.role == Role.BOUNDARY}

    def rows(self, code: str, others: set[str]) -> list[Row]:
        """A meter beside those it shares a boundary with.

        One that is fed through another is in that one's part already: it is left out, or, where it
        belongs to somebody else, taken off there.
        """
        own = Row(code, self._part(code), 1)
        fed = [each for each in lineage(code, self._upstream)[1:] if each in others]
        over = next((each for each in fed if self.rows(each, others - {code})), None)
        if over is None:
            return [own]
        if self.standing[over].area in lineage(self.standing[code].area, self._above):
            return []
        return [own, Row(code, self._part(over), -1)]

    def meter(self, code: str) -> Part:
        """A meter as a part of its own."""
        return Part(code, area=False, enterprise=self._enterprise(self.standing[code].area))

    def _part(self, code: str) -> Part:
        term = self.standing[code]
        if term.role != Role.BOUNDARY:
            return self.meter(code)
        return Part(term.area, area=True, enterprise=self._enterprise(term.area))

    def _enterprise(self, area: str) -> str | None:
        return next((each for each in lineage(area, self._above) if each in self._enterprises), None)
