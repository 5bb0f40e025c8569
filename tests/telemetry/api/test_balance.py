"""GET /balance: what crosses into a place, what is measured behind it, and what is left."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from telemetry.model import Site, Term
from telemetry.storage.registry import apply_site

pytestmark = pytest.mark.database
FIRST = datetime.fromisoformat("2023-10-05T00:00:00+08:00")
DAY = {"from": "2023-10-05", "to": "2023-10-06", "quantity": "energy_import"}
NAME = {"en": "x", "zh": "x"}
AREAS = [
    {"code": "park", "kind": "park", "name": NAME},
    {"code": "A", "kind": "enterprise", "name": NAME, "parent": "park"},
    {"code": "B", "kind": "enterprise", "name": NAME, "parent": "park"},
]
Start = Callable[..., Any]


def counter(code: str, per_quarter: float, *, since: int = 0, until: int = 96, **more: float) -> list[Any]:
    """Quarter hours since..until of the first day; `more`: other counters and their rise."""
    return [
        {
            "meter": code,
            "time": (FIRST + timedelta(minutes=15 * n)).isoformat(),
            "values": {"energy_import": n * per_quarter} | {name: n * rise for name, rise in more.items()},
        }
        for n in range(since, until + 1)
    ]


@pytest.fixture
def service(start: Start, make_site: Callable[..., Site]) -> Any:
    meters = [
        {"code": "main", "area": "park", "role": "boundary", "accuracy_class": "0.5S", "loss_share": 0.03},
        {"code": "a", "area": "A", "role": "boundary", "parent": "main", "accuracy_class": 1},
        {"code": "b", "area": "B", "role": "boundary", "parent": "main", "accuracy_class": "B"},
        {"code": "lamp", "area": "park", "parent": "main", "accuracy_class": 1},
        {"code": "press", "area": "A", "parent": "a"},
    ]
    return start(make_site(*meters, areas=AREAS))


def settled(service: Any, *posted: list[Any]) -> Any:
    for rows in posted:
        service.post(rows)
    service.settle()
    return service


def of(service: Any, key: str, *, area: bool = True, **query: Any) -> Any:
    series = service.get("/balance", **{**DAY, "step": "day", **query})["series"]
    return next(each for each in series if each["key"] == key and each["area"] is area)


def test_enterprises_common_and_loss_come_to_the_park(service: Any) -> None:
    settled(
        service,
        counter("main", 100),
        counter("a", 60),
        counter("b", 20, energy_export=5),
        counter("lamp", 22),
        counter("press", 70),
    )
    park = of(service, "park")
    told = [park[name][0] for name in ("total", "enterprises", "common", "loss")]
    assert told == pytest.approx([9600, 96 * 75, 96 * 22, 96 * 3])
    assert told[1] + told[2] + told[3] == pytest.approx(told[0], rel=1e-9)
    assert park["share"] == pytest.approx([3 / 105])
    assert park["expected"] == pytest.approx([0.03 * 9600])
    squares = (0.5 * 9600) ** 2 + (60 * 96) ** 2 + (25 * 96) ** 2 + (22 * 96) ** 2
    assert park["tolerance"] == pytest.approx([2 * (squares / 3) ** 0.5 / 100])
    assert (park["verdict"], park["compared"], park["missing"], park["unclassed"]) == (
        ["within"],
        [1],
        [],
        [],
    )
    assert [(part["key"], part["enterprise"], part["values"]) for part in park["parts"]] == [
        ("A", "A", [pytest.approx(5760)]),
        ("B", "B", [pytest.approx(96 * 15)]),
        ("lamp", None, [pytest.approx(96 * 22)]),
    ]


def test_more_behind_a_meter_than_entered_it_is_flagged(service: Any) -> None:
    site = service.plan.site
    classed = [meter.model_copy(update={"accuracy_class": 1.0}) for meter in site.meters]
    meters = site.model_copy(update={"meters": tuple(classed)})
    apply_site(service.database, meters, FIRST)
    settled(service, counter("main", 100), counter("a", 60), counter("press", 70))
    found = of(service, "a", area=False)
    assert (found["verdict"], found["loss"]) == (["gained"], [pytest.approx(-960)])
    out = service.get("/balance", **DAY, step="day", out="true")["series"]
    assert [(each["key"], each["verdict"]) for each in out] == [("A", ["gained"]), ("a", ["gained"])]


def test_a_class_and_a_loss_share_hold_from_their_date(service: Any) -> None:
    site = service.plan.site
    dated = {"from": FIRST + timedelta(days=1), "accuracy_class": 0.5, "loss_share": 0.1}
    history = (Term.model_validate(dated),)
    changes = {"a": {"history": history}, "press": {"accuracy_class": 2.0}}
    meters = tuple(meter.model_copy(update=changes.get(meter.code, {})) for meter in site.meters)
    apply_site(service.database, site.model_copy(update={"meters": meters}), FIRST)
    settled(service, counter("a", 10, until=192), counter("press", 9, until=192))
    found = of(service, "a", area=False, to=(FIRST + timedelta(days=2)).isoformat())
    limits = [((960 * own) ** 2 + (864 * 2) ** 2) ** 0.5 / 100 for own in (1, 0.5)]
    assert found["tolerance"] == pytest.approx([2 / 3**0.5 * each for each in limits])
    assert found["expected"] == pytest.approx([0, 96])


def test_without_a_class_there_is_no_verdict(service: Any) -> None:
    settled(service, counter("a", 60), counter("press", 50))
    found = of(service, "A")
    assert (found["verdict"], found["tolerance"], found["unclassed"]) == ([None], [None], ["press"])
    assert found["loss"] == [pytest.approx(960)]


def test_a_child_that_is_missing_is_no_loss(service: Any) -> None:
    settled(service, counter("main", 100), counter("a", 60), counter("lamp", 22, until=48))
    park = of(service, "park")
    assert (park["loss"], park["compared"], park["missing"]) == ([None], [0], ["b", "lamp"])
    service.post(counter("b", 15))
    service.settle()
    park = of(service, "park")
    assert (park["loss"], park["compared"]) == ([pytest.approx(48 * 3)], [0.5])
    assert {part["key"]: part["coverage"] for part in park["parts"]} == {"A": [1], "B": [1], "lamp": [0.5]}


def test_an_estimated_child_widens_the_tolerance_and_is_not_measured(service: Any) -> None:
    lamp = [*counter("lamp", 22, until=40), *counter("lamp", 22, since=80)]
    settled(service, counter("main", 100), counter("a", 60), counter("b", 15), lamp)
    park = of(service, "park")
    assert park["loss"] == [pytest.approx(96 * 3)]
    assert {part["key"]: part["coverage"] for part in park["parts"]}["lamp"] == [
        pytest.approx(56 / 96, abs=1e-4)
    ]
    squares = (0.5 * 9600) ** 2 + (60 * 96) ** 2 + (15 * 96) ** 2 + (22 * 96) ** 2
    assert park["tolerance"] == pytest.approx([2 * (squares / 3) ** 0.5 / 100 + 40 * 22])


@pytest.mark.parametrize("step", ["15min", "hour", "day", "month"])
def test_every_step_adds_up_to_the_same(service: Any, step: str) -> None:
    moved = counter("main", 100), counter("a", 60), counter("b", 15), counter("lamp", 22)
    settled(service, *moved)
    park = of(service, "park", step=step, **{"from": "2023-10-01", "to": "2023-11-01"})
    for name, rate in (("total", 100), ("enterprises", 75), ("common", 22), ("loss", 3)):
        assert sum(value for value in park[name] if value is not None) == pytest.approx(96 * rate, rel=1e-9)
    for total, *parts in zip(
        *(park[name] for name in ("total", "enterprises", "common", "loss")), strict=True
    ):
        assert total is None or sum(parts) == pytest.approx(total, rel=1e-9)


def test_codes_that_nothing_bears_are_refused(service: Any) -> None:
    answer = service.call("GET", "/api/v1/balance", params={**DAY, "area": "X"})
    assert (answer.status_code, "no area has this code" in answer.text) == (422, True)


def _viewed(service: Any) -> dict[tuple[str, str], Any]:
    with service.database.connection() as conn:
        conn.execute("reset role")
        conn.execute("set local role parkwatt_reader")
        rows = conn.execute(
            "select meter, day::text, total, loss, share, expected, tolerance, verdict,"
            " extract(epoch from compared)"
            " from open.daily_balances where quantity = 'energy_import'"
        ).fetchall()
    return {(meter, day): rest for meter, day, *rest in rows}


def test_the_view_for_other_tools_says_what_the_api_says(service: Any) -> None:
    site = service.plan.site
    dated = {"from": FIRST + timedelta(days=1), "accuracy_class": 0.5, "loss_share": 0.1, "parent": "main"}
    history = (Term.model_validate(dated),)
    changes = {"a": {"history": history}, "b": {"history": (Term.model_validate({**dated, "parent": "a"}),)}}
    meters = tuple(meter.model_copy(update=changes.get(meter.code, {})) for meter in site.meters)
    apply_site(service.database, site.model_copy(update={"meters": meters}), FIRST)
    settled(
        service,
        counter("main", 100, until=192, energy_export=1),
        counter("a", 60, until=192)[:30] + counter("a", 60, until=192)[60:],
        counter("b", 20, until=150, energy_export=5),
        counter("lamp", 22, until=192),
        counter("press", 50, since=10, until=192),
    )
    viewed, known = _viewed(service), 0
    for key in ("main", "a"):
        told = of(service, key, area=False, to=(FIRST + timedelta(days=2)).isoformat())
        for n, day in enumerate(("2023-10-05", "2023-10-06")):
            names = ("total", "loss", "share", "expected", "tolerance", "verdict")
            seen = [told[name][n] for name in names]
            *values, verdict, compared = viewed[key, day]
            assert values == [value if value is None else pytest.approx(value) for value in seen[:-1]], (
                key,
                day,
            )
            assert (verdict, float(compared)) == (seen[-1], pytest.approx(86400 * told["compared"][n], abs=5))
            known += verdict is not None
    assert known
