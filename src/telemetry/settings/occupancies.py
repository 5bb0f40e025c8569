"""What in a site's occupancies does not fit the rest."""

from collections.abc import Iterator
from itertools import combinations
from zoneinfo import ZoneInfo

from telemetry.model import AreaKind, Site
from telemetry.occupancy import Occupancy


def contradictions(site: Site) -> Iterator[tuple[str, str]]:
    """(key, reason)."""
    kinds = {area.code: area.kind for area in site.areas}
    for index, each in enumerate(site.occupancies):
        key = f"occupancies[{index}]"
        if each.area is not None and each.area not in kinds:
            yield f"{key}.area", f"there is no area {each.area!r}"
        if each.meter is not None and each.meter not in site.meter_codes:
            yield f"{key}.meter", f"there is no meter {each.meter!r}"
        if kinds.get(each.enterprise) is not AreaKind.ENTERPRISE:
            yield f"{key}.enterprise", f"{each.enterprise!r} is no area of kind enterprise"
    yield from _at_once(site)


def _at_once(site: Site) -> Iterator[tuple[str, str]]:
    for (_, one), (index, other) in combinations(enumerate(site.occupancies), 2):
        if (one.area, one.meter) == (other.area, other.meter) and _overlap(one, other, site.zone):
            named = other.area or other.meter
            yield f"occupancies[{index}]", f"{named!r} has an occupancy already on some of these days"


def _overlap(one: Occupancy, other: Occupancy, zone: str) -> bool:
    (begin, end), (other_begin, other_end) = (each.span(ZoneInfo(zone)) for each in (one, other))
    return (end is None or other_begin < end) and (other_end is None or begin < other_end)
