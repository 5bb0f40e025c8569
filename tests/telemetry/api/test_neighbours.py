"""Air that goes from neighbour to neighbour, that comes from outside, and whose maker is not known."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
JSON = Service = Any
FACTOR = 0.4419
EDGES = "2023-06-01T00:00:00+08:00", "2023-07-01T00:00:00+08:00"
JUNE = {"from": "2023-06-01", "to": "2023-07-01"}
TOTALS = {
    "A-M": {"energy_import": 120.0},
    "A-K": {"energy_import": 50.0},
    "A-AIR": {"air_volume": 400.0},
    "B-AIR": {"air_volume": 100.0},
    "C-AIR": {"air_volume": 40.0},
    "D-AIR": {"air_volume": 7.0},
}


def _meter(code: str, role: str, **rest: JSON) -> dict[str, JSON]:
    air = {"carrier": "compressed_air"} if code.endswith("AIR") else {}
    names = {"en": code, "zh": code}
    return {
        "code": code,
        "name": names,
        "area": code[0],
        "role": role,
        "source": "push",
        "max_gap_s": 3e6,
        **air,
        **rest,
    }


def _area(code: str, **rest: str) -> dict[str, JSON]:
    return {"code": code, "kind": "enterprise", "name": {"en": code, "zh": code}, **rest}


def _site() -> Site:
    return Site.model_validate(
        {
            "code": "park",
            "name": {"en": "Park", "zh": "园区"},
            "zone": "Asia/Shanghai",
            "region": "CN-GD",
            "areas": [_area("park", kind="park"), *(_area(code, parent="park") for code in "ABCD")],
            "sources": [{"kind": "push", "code": "push"}],
            "meters": [
                _meter("A-M", "boundary"),
                _meter("A-K", "load", parent="A-M"),
                _meter("A-AIR", "load"),
                _meter("B-AIR", "boundary", parent="A-AIR"),
                _meter("C-AIR", "boundary", parent="B-AIR"),
                _meter("D-AIR", "boundary"),
            ],
            "converters": [
                {
                    "code": "K",
                    "kind": "compressor",
                    "name": {"en": "Compressor", "zh": "空压机"},
                    "inputs": ["A-K"],
                    "outputs": ["A-AIR"],
                }
            ],
        }
    )


Start = Callable[[set[str]], Service]


@pytest.fixture
def begun(start: Callable[..., Service]) -> Start:
    def begin(silent: set[str]) -> Service:
        service = start(_site())
        service.post(
            [
                {"meter": code, "time": at, "values": {name: share * total for name, total in totals.items()}}
                for code, totals in TOTALS.items()
                for share, at in enumerate(EDGES)
                if code not in silent
            ]
        )
        service.settle()
        return service

    return begin


def _parts(service: Service, area: str) -> list[JSON]:
    found = service.get("/trace/emissions", **JUNE, area=area)["parts"]
    return [part for part in found if part["through"]]


def _closed(service: Service, area: str) -> tuple[dict[str, JSON], list[JSON], int]:
    order = {"area": area, "period": "2023-06", "who": "li.na"}
    closed = service.call("POST", "/api/v1/periods", json=order).json()
    rows = [json.loads(each) for each in service.get(f"/periods/{closed['id']}/rows")["lines"]]
    figures = {each["name"]: each for each in closed["figures"]}
    return figures, [row for row in rows if row["sort"] == "origin"], closed["id"]


def test_air_that_is_passed_on_takes_the_makers_part_along(begun: Start) -> None:
    """100 of 400 m3 took 12.5 kWh; B passes 40 of them on, which took 5."""
    service = begun(set())
    [of_b], [of_c] = _parts(service, "B"), _parts(service, "C")
    assert (of_b["through"], of_b["meter"], of_b["amount"]) == ("B-AIR", "A-M", pytest.approx(7.5))
    assert (of_c["through"], of_c["meter"], of_c["amount"]) == ("C-AIR", "A-M", pytest.approx(5.0))
    kg = service.get("/inventory", period="2023-06", area="B")["scopes"]["2"]["CO2"]
    assert kg == pytest.approx(7.5 * FACTOR)


def test_air_from_outside_is_a_named_shortfall_and_no_zero(begun: Start) -> None:
    service = begun(set())
    [part] = _parts(service, "D")
    assert (part["kg"], part["shortfall"]["reason"]) == (None, "no factor is known for bought air_volume")
    found = service.get("/inventory", period="2023-06", area="D")
    assert (found["short"], found["scopes"]) == (["air_volume"], {})
    figures, origins, number = _closed(service, "D")
    of_air = figures["emission.location.scope2.CO2"]
    assert (of_air["closed"], of_air["missing"], len(origins)) == (None, 30, 60)
    assert service.get(f"/periods/{number}/recomputation")["same"]


def test_air_whose_compressor_nobody_reads_is_a_named_shortfall(begun: Start) -> None:
    service = begun({"A-K"})
    [part] = _parts(service, "B")
    assert part["kg"] is None
    assert part["shortfall"]["reason"].startswith("air that no pool tells")
    figures, origins, number = _closed(service, "B")
    assert figures["emission.market.scope2.CO2"]["closed"] is None
    assert {(row["meter"], row["kg"]) for row in origins} == {(None, None)}
    assert service.get(f"/periods/{number}/recomputation")["same"]
