"""What contradicts itself in the formulas of a site's virtual meters."""

from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from operator import itemgetter

from telemetry.model import Meter, Role, Site


def contradictions(site: Site) -> Iterator[tuple[str, str]]:
    """(key, reason) for meters that are not there, circles, and meters that count beside their terms."""
    meters = {meter.code: meter for meter in site.meters}
    terms = {meter.code: _named(meter) for meter in site.meters if meter.formula}
    for index, meter in enumerate(site.meters):
        yield from ((f"meters[{index}].formula", reason) for reason in _strangers(meter, meters))
    circle = _circle(terms)
    if circle:
        yield "meters", f"a formula leads back to its own meter: {' -> '.join(circle)}"
        return
    for index, meter in enumerate(site.meters):
        beside = (meters[code] for code in sorted(_below(meter.code, terms)) if code in meters)
        yield from ((f"meters[{index}].role", reason) for reason in _twice(meter, beside))


def _named(meter: Meter) -> frozenset[str]:
    """Meters that its formulas of any date name."""
    return frozenset(code for edition in meter.editions for one in edition.values() for code in one.meters)


def _strangers(meter: Meter, known: Collection[str]) -> Iterator[str]:
    """A formula that has ended may name meters that have left the park."""
    dated = [(term.since, term.formula) for term in meter.history if term.formula and term.since is not None]
    _, last = max(dated, key=itemgetter(0), default=(None, meter.formula))
    if last:
        named = meter.model_copy(update={"formula": last, "history": ()})
        for code in sorted(_named(named) - set(known)):
            yield f"there is no meter {code!r}"


def _circle(terms: Mapping[str, frozenset[str]]) -> list[str]:
    """Meters that lead back to the first, the first again at the end; empty when there is no circle."""
    try:
        TopologicalSorter(terms).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []


def _below(code: str, terms: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """All that a meter is reckoned from, through other virtual meters too."""
    direct = terms.get(code, frozenset())
    return direct.union(*(_below(each, terms) for each in direct))


def _twice(meter: Meter, terms: Iterator[Meter]) -> Iterator[str]:
    """Where a virtual meter would count in one sum with its own terms."""
    own = _counting(meter)
    for term in terms:
        if own & _counting(term):
            yield f"it counts beside {term.code!r}, which it is reckoned from: make one of them a check"


def _counting(meter: Meter) -> frozenset[tuple[Role, str]]:
    """The sums that a meter ever has a part in: its area's, and the park's generation."""
    roles = {meter.role, *(term.role for term in meter.history if term.role)}
    areas = {meter.area, *(term.area for term in meter.history if term.area)}
    crossing = {(Role.BOUNDARY, area) for area in areas if Role.BOUNDARY in roles}
    return frozenset(crossing | {(Role.GENERATION, "")} if Role.GENERATION in roles else crossing)
