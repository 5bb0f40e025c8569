"""What stands behind areas and meters, as parks are built."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from telemetry.reports.boundaries import Place, Sides, places
from telemetry.reports.steps import Step, Steps
from telemetry.storage.registry import RegisteredArea, RegisteredMeter, Registry
from telemetry.storage.terms import BEGINNING, MeterTerm

UTC_ZONE = ZoneInfo("UTC")
DAY = (datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC))
AREAS = {"P": ("park", None), "A": ("enterprise", "P"), "A1": ("workshop", "A"), "A2": ("workshop", "A")}
AREAS |= {"F": ("enterprise", "P"), "C": ("workshop", "P")}
Found = set[tuple[str, str, int]]


def term(area: str, role: str, parent: str | None = None, since: datetime = BEGINNING) -> MeterTerm:
    return MeterTerm(since, 1.0, area, parent, role, "CN-GD")


def virtual(area: str, role: str, parent: str | None = None) -> MeterTerm:
    return MeterTerm(BEGINNING, 1.0, area, parent, role, "CN-GD", {"energy_import": "main.energy_import"})


def park(
    areas: dict[str, tuple[str, str | None]] = AREAS, **meters: tuple[MeterTerm, ...]
) -> dict[Place, Sides]:
    stood = tuple(RegisteredArea(n, c, k, up, c, c, None) for n, (c, (k, up)) in enumerate(areas.items()))
    rest = ("electricity", "push", None, None, None, None, 900.0, 900.0, "end", {}, None)
    registered = tuple(
        RegisteredMeter(n, c, c, c, *rest, terms) for n, (c, terms) in enumerate(meters.items())
    )
    steps = Steps.covering(Step.QUARTER, UTC_ZONE, *DAY)
    return places(Registry(stood, registered), registered, steps, DAY[1])


def behind(found: dict[Place, Sides], area: str) -> Found:
    return {(row.meter, row.part.code, row.sign) for row in found[Place(area, area=True)].below}


def test_areas_stand_against_the_boundaries_next_below() -> None:
    found = park(
        main=(term("P", "boundary"),),
        a=(term("A", "boundary", "main"),),
        a1=(term("A1", "boundary", "a"),),
        press=(term("A1", "load", "a1"),),
        pump=(term("A2", "load", "a"),),
        roof=(term("A", "generation", "a"),),
        lamp=(term("P", "load", "main"),),
        check=(term("P", "check"),),
    )
    assert behind(found, "P") == {("a", "A", 1), ("lamp", "lamp", 1)}
    assert behind(found, "A") == {("a1", "A1", 1), ("pump", "pump", 1), ("roof", "roof", 1)}
    assert behind(found, "A1") == {("press", "press", 1)}


def test_a_submeter_is_in_its_parent_s_part_already() -> None:
    found = park(
        a=(term("A", "boundary"),), panel=(term("A", "load", "a"),), press=(term("A", "load", "panel"),)
    )
    assert behind(found, "A") == {("panel", "panel", 1)}
    panel = found[Place("panel", area=False)]
    assert (list(panel.above), [row.meter for row in panel.below]) == (["panel"], ["press"])


def test_a_neighbour_that_is_fed_through_another_s_panel_is_taken_off_there() -> None:
    found = park(
        main=(term("P", "boundary"),),
        a=(term("A", "boundary", "main"),),
        panel=(term("A", "load", "a"),),
        inner=(term("A", "load", "panel"),),
        f=(term("F", "boundary", "inner"),),
    )
    assert behind(found, "P") == {("a", "A", 1), ("f", "F", 1), ("f", "A", -1)}
    assert behind(found, "A") == {("panel", "panel", 1), ("f", "F", 1), ("f", "panel", -1)}


def test_generation_behind_a_workshop_s_boundary_is_taken_off_its_part() -> None:
    found = park(
        a=(term("A", "boundary"),), a1=(term("A1", "boundary", "a"),), roof=(term("A", "generation", "a1"),)
    )
    assert behind(found, "A") == {("a1", "A1", 1), ("roof", "roof", 1), ("roof", "A1", -1)}


def test_a_zone_between_park_and_enterprises_is_passed_through() -> None:
    zoned = AREAS | {"Z": ("workshop", "P"), "A": ("enterprise", "Z")}
    found = park(
        zoned,
        main=(term("P", "boundary"),),
        z=(term("Z", "boundary", "main"),),
        a=(term("A", "boundary", "z"),),
        lamp=(term("Z", "load", "z"),),
    )
    assert behind(found, "P") == behind(found, "Z") == {("a", "A", 1), ("lamp", "lamp", 1)}


def test_a_meter_stands_against_those_that_name_it_whatever_their_role() -> None:
    found = park(
        main=(term("P", "boundary"),), t1=(term("P", "check", "main"),), a=(term("A", "boundary", "t1"),)
    )
    below = {
        place.code: [row.meter for row in sides.below] for place, sides in found.items() if not place.area
    }
    assert below == {"main": ["t1"], "t1": ["a"]}


def test_a_virtual_meter_counts_at_the_boundary_that_it_stands_for_and_nowhere_else() -> None:
    found = park(
        main=(term("P", "boundary"),),
        a=(virtual("A", "boundary", "main"),),
        rest=(virtual("P", "load", "main"),),
        lamp=(term("P", "load", "main"),),
    )
    assert behind(found, "P") == {("a", "A", 1), ("lamp", "lamp", 1)}
    assert [row.meter for row in found[Place("main", area=False)].below] == ["lamp"]


def test_each_stands_where_it_stood_at_the_time() -> None:
    moved = (term("A", "boundary", "main"), term("F", "boundary", "main", DAY[0].replace(hour=12)))
    found = park(main=(term("P", "boundary"),), a=moved)
    rows = found[Place("P", area=True)].below
    assert {row.part.code: over for row, over in rows.items()} == {"A": [(0, 96)], "F": [(96, 192)]}


def test_meters_that_feed_each_other_end_no_walk() -> None:
    found = park(main=(term("P", "boundary"),), a=(term("P", "load", "b"),), b=(term("P", "load", "a"),))
    assert {place.code for place in found if not place.area} == {"a", "b"}
