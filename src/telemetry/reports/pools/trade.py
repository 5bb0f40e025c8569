"""What passes between areas by pools: by which rows an area buys, and by which it sells, day by day."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from accounting.grid import SLOT_US, Grid
from accounting.quantity import Carrier
from telemetry.model import Role, Site
from telemetry.reports.membership import lineage, within
from telemetry.reports.pools.layout import Layout, Part, PoolKey, Row, Way
from telemetry.reports.pools.report import Park
from telemetry.reports.pools.stretch import Showing, Stretch
from telemetry.reports.steps import Steps
from telemetry.storage.registry import Registry

HEATS = frozenset({Carrier.HEAT, Carrier.STEAM, Carrier.COOLING})
"""Carriers with a factor of what is bought from outside, unlike compressed air."""
_MADE = frozenset({Part.CONVERTED, Part.GENERATED, Part.DISCHARGED})

Days = NDArray[np.bool_]
"""bool[d]: local days, each by how things stand when it begins."""
Passing = Mapping[Row, Days]
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Sold:
    """What leaves an area for neighbours: electricity, heat, steam and cooling."""

    mixed: dict[Row, Days]
    """Heat, steam and cooling out of a pool in which something is made: it carries the pool's mix."""
    plain: dict[Row, Days]
    """What the factor of bought energy tells: electricity, and heat out of a pool that makes none."""


def received(park: Park, steps: Steps, areas: Collection[str]) -> Passing:
    """Rows by which areas have heat, steam or cooling from a pool in which something is made, and all air."""

    def chosen(stretch: Stretch) -> Iterator[Row]:
        made = _made(stretch.laid)
        for row in stretch.laid.rows:
            if row.way is Way.ALONG and row.pool.area in areas:
                air = row.pool.carrier == Carrier.COMPRESSED_AIR and row.part in {Part.RECEIVED, Part.BOUGHT}
                if air or (row.part is Part.RECEIVED and row.pool.carrier in HEATS and row.other in made):
                    yield row

    return _daily(park, steps, chosen) if _crossed(park, areas) else {}


def returned(park: Park, steps: Steps, areas: Collection[str]) -> Passing:
    """Boundary meters of others by which electricity is fed back into the pool that feeds them."""

    def chosen(stretch: Stretch) -> Iterator[Row]:
        for row in stretch.laid.rows:
            if (
                row.part is Part.RECEIVED
                and row.way is Way.AGAINST
                and row.pool.carrier == Carrier.ELECTRICITY
            ):
                inside = within(park.registry, (row.pool.area,))
                if row.pool.area in areas and row.other is not None and row.other.area not in inside:
                    yield row

    return _daily(park, steps, chosen)


def beside(park: Park, steps: Steps, area: str) -> Passing:
    """Boundary meters below an area that something from outside comes through, past the area's own."""
    below = within(park.registry, (area,)) - {area}

    def chosen(stretch: Stretch) -> Iterator[Row]:
        for row in stretch.laid.rows:
            if row.part is Part.BOUGHT and row.way is Way.ALONG and row.pool.area in below:
                yield row

    return _daily(park, steps, chosen) if below else {}


def _crossed(park: Park, areas: Collection[str]) -> bool:
    return any(
        meter.carrier in HEATS | {Carrier.COMPRESSED_AIR}
        and any(term.role == Role.BOUNDARY and term.area in areas for term in meter.terms)
        for meter in park.registry.meters
    )


def fed(park: Park, steps: Steps) -> Mapping[str, Days]:
    """Boundary meters of heat, steam and cooling, and the days on which a pool tells what they let in."""
    found: dict[str, Days] = {}
    for row, days in received(park, steps, {area.code for area in park.registry.areas}).items():
        if row.pool.carrier in HEATS:
            found[row.meter] = found.get(row.meter, np.zeros_like(days)) | days
    return found | {code: np.ones(len(steps.day_edges) - 1, np.bool_) for code in park.hidden}


def hidden(site: Site, registry: Registry) -> frozenset[str]:
    """Boundary meters in the registry, below the output of a converter that is not, by the site's file."""
    above = {meter.code: meter.parent for meter in site.meters}
    outputs = {code for each in site.converters for code in each.outputs} - registry.by_code.keys()
    return frozenset(
        meter.code
        for meter in site.meters
        if meter.role is Role.BOUNDARY
        and meter.carrier in HEATS
        and meter.code in registry.by_code
        and outputs.intersection(lineage(meter.code, above)[1:])
    )


def sold(park: Park, steps: Steps, area: str) -> Sold:
    """By meters of the role sale, and by boundary meters of neighbours that no such meter stands before."""
    found = Sold({}, {})
    inside = within(park.registry, (area,))
    every = _daily(park, steps, lambda stretch: _leaving(stretch, area, inside))
    for (mixed, row), days in every.items():
        (found.mixed if mixed else found.plain)[row] = days
    return found


def _leaving(stretch: Stretch, area: str, inside: Collection[str]) -> Iterator[tuple[bool, Row]]:
    """Each with whether it carries what its pool makes."""
    made, rows = _made(stretch.laid), stretch.laid.rows
    counted = {row.meter for row in rows if row.part is Part.USED and row.sign < 0}
    for row in rows:
        if row.pool.carrier in HEATS | {Carrier.ELECTRICITY} and row.way is Way.ALONG:
            term = stretch.standing[row.meter]
            sent = row.part is Part.SENT and row.pool.area in inside and row.meter not in counted
            sale = row.part is Part.USED and row.sign > 0 and term.role == Role.SALE and term.area == area
            if sale or (sent and row.other is not None and row.other.area not in inside):
                yield row.pool in made and row.pool.carrier in HEATS, row


def _made(laid: Layout) -> set[PoolKey]:
    """Pools in which something is made, and those that they feed, step by step."""
    found = {row.pool for row in laid.rows if row.part in _MADE}
    feeds = [(row.other, row.pool) for row in laid.rows if row.part is Part.RECEIVED and row.way is Way.ALONG]
    while new := {pool for other, pool in feeds if other in found} - found:
        found |= new
    return found


def _daily(park: Park, steps: Steps, chosen: Callable[[Stretch], Iterator[_Key]]) -> Mapping[_Key, Days]:
    edges = steps.day_edges
    grid = Grid.covering(int(edges[0]), int(edges[-1]))
    starts = (edges[:-1] - grid.start_us) // SLOT_US
    found: dict[_Key, Days] = {}
    for stretch in Showing(park.registry, grid, steps.zone, park.converters, {}).stretches():
        days = (starts >= stretch.lo) & (starts < stretch.hi)
        for key in chosen(stretch):
            found[key] = found.get(key, np.zeros(len(starts), np.bool_)) | days
    return found
