"""Electricity that goes on to a neighbour, wherever it is told.

The park buys 1 000 kWh, 600 of them come to A, 200 of these go on to B; C has the other 400. A has a
certificate of 300 kWh.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
JSON = Service = Any
Start = Callable[..., Service]
EDGES = "2023-06-01T00:00:00+08:00", "2023-07-01T00:00:00+08:00"
JUNE = {"from": "2023-06-01", "to": "2023-07-01"}
TOTALS = {"P-M": 1000.0, "A-M": 600.0, "A-SOLD": 200.0, "B-M": 200.0, "C-M": 400.0}
FACTOR, RESIDUAL, TCE = 0.4419, 0.6096, 0.1229e-3


def _meter(code: str, role: str, **rest: JSON) -> dict[str, JSON]:
    area = "park" if code[0] == "P" else code[0]
    named = {"code": code, "name": {"en": code, "zh": code}, "area": area, "role": role}
    return {**named, "source": "push", "max_gap_s": 3e6, **rest}


def _area(code: str, **rest: str) -> dict[str, JSON]:
    return {"code": code, "kind": "enterprise", "name": {"en": code, "zh": code}, **rest}


def _site(*, sale: bool) -> Site:
    sold = [_meter("A-SOLD", "sale", parent="A-M")] if sale else []
    return Site.model_validate(
        {
            "code": "park",
            "name": {"en": "Park", "zh": "园区"},
            "zone": "Asia/Shanghai",
            "region": "CN-GD",
            "areas": [_area("park", kind="park"), *(_area(code, parent="park") for code in "ABC")],
            "sources": [{"kind": "push", "code": "push"}],
            "meters": [
                _meter("P-M", "boundary"),
                _meter("A-M", "boundary", parent="P-M"),
                *sold,
                _meter("B-M", "boundary", parent="A-SOLD" if sale else "A-M"),
                _meter("C-M", "boundary", parent="P-M"),
            ],
        }
    )


def _opened(start: Start, *, sale: bool) -> Service:
    site = _site(sale=sale)
    service = start(site)
    service.post(
        [
            {"meter": meter.code, "time": at, "values": {"energy_import": share * TOTALS[meter.code]}}
            for meter in site.meters
            for share, at in enumerate(EDGES)
        ]
    )
    service.settle()
    certificate = {
        "registry_id": "GEC-1",
        "vintage": "2023",
        "mwh": 0.3,
        "technology": "wind",
        "generator": "Yangjiang 2",
        "consumer": "A",
        "interval": "2023-06",
        "who": "li.na",
    }
    response = service.call("POST", "/api/v1/certificates", json=certificate)
    assert response.status_code == 200, response.text
    service.settle()
    return service


BOTH: Mapping[str, Sequence[JSON]] = {"params": [False, True], "ids": ["buyers-meter", "sale-meter"]}


@pytest.fixture(**BOTH)
def service(start: Start, request: pytest.FixtureRequest) -> Service:
    return _opened(start, sale=request.param)


@pytest.fixture(scope="module", **BOTH)
def unchanged(start_for_file: Start, request: pytest.FixtureRequest) -> Service:
    """For what changes nothing: one service for all of it."""
    return _opened(start_for_file, sale=request.param)


def _inventory(service: Service, area: str, rules: str = "cn-enterprise") -> JSON:
    return service.get("/inventory", period="2023-06", area=area, rules=rules)


def test_a_kwh_that_goes_on_counts_once_on_either_basis(unchanged: Service) -> None:
    found = [_inventory(unchanged, area) for area in "ABC"]
    park = _inventory(unchanged, "park")
    location = [each["scopes"]["2"]["CO2"] for each in found]
    assert location == pytest.approx([400 * FACTOR, 200 * FACTOR, 400 * FACTOR])
    assert math.fsum(location) == pytest.approx(park["scopes"]["2"]["CO2"], rel=1e-9)
    market = [each["scope2_market"]["CO2"] for each in found]
    assert market == pytest.approx([100 * RESIDUAL, 200 * RESIDUAL, 400 * RESIDUAL])
    assert math.fsum(market) == pytest.approx(park["scope2_market"]["CO2"], rel=1e-9)


def test_its_standard_coal_counts_once(unchanged: Service) -> None:
    found = [_inventory(unchanged, area)["coal"]["calorific"] for area in "ABC"]
    assert found == pytest.approx([400 * TCE, 200 * TCE, 400 * TCE])


def test_by_the_ghg_protocol_it_stands_beside(unchanged: Service) -> None:
    found = _inventory(unchanged, "A", "ghgp")
    assert found["scopes"]["2"]["CO2"] == pytest.approx(600 * FACTOR)
    assert found["avoided"]["CO2"] == pytest.approx(200 * FACTOR)


@pytest.mark.parametrize(("basis", "rate"), [("location", FACTOR), ("market", RESIDUAL)])
def test_a_trace_tells_what_was_sold_beside_its_figures(unchanged: Service, basis: str, rate: float) -> None:
    found = unchanged.get("/trace/emissions", **JUNE, area="A", basis=basis)
    [part] = found["sold"]
    assert (part["amount"], part["kg"]) == (pytest.approx(200), pytest.approx(200 * rate))
    assert part["formula"].startswith("200 kWh x ")
    assert [each["kg"] for each in found["sold_figures"]] == [pytest.approx(200 * rate)]
    assert unchanged.get("/trace/emissions", **JUNE, area="B", basis=basis)["sold"] == []


def test_what_was_sold_is_null_where_a_trace_does_not_tell_it(unchanged: Service) -> None:
    for asked in ({"area": "A", "revision": "reported"}, {"meter": "A-M"}):
        found = unchanged.get("/trace/emissions", **JUNE, **asked)
        assert (found["sold"], found["sold_figures"]) == (None, None)


def test_a_closed_month_freezes_what_was_sold(service: Service) -> None:
    order = {"area": "A", "period": "2023-06", "who": "li.na"}
    closed = service.call("POST", "/api/v1/periods", json=order).json()
    told = {each["name"]: each["closed"] for each in closed["figures"]}
    assert told["emission.location.sold.CO2"] == pytest.approx(200 * FACTOR)
    assert told["emission.market.sold.CO2"] == pytest.approx(200 * RESIDUAL)
    assert (told["sold.energy_import"], told["tce"]) == (pytest.approx(200), pytest.approx(400 * TCE))
    rows = [json.loads(each) for each in service.get(f"/periods/{closed['id']}/rows")["lines"]]
    assert len([row for row in rows if row["sort"] == "sold"]) == 60
    assert service.get(f"/periods/{closed['id']}/recomputation")["same"]
    figures = service.get(f"/periods/{closed['id']}")["figures"]
    assert {each["drift"] for each in figures if each["closed"] is not None} == {0.0}


@pytest.fixture
def feeding_back(start: Start) -> Service:
    """The same, but B also has a roof that gave 50 kWh back into A's pool."""
    site = _site(sale=False)
    service = start(site)
    shown = {meter.code: {"energy_import": TOTALS[meter.code]} for meter in site.meters}
    shown["B-M"]["energy_export"] = 50.0
    service.post(
        [
            {"meter": code, "time": at, "values": {name: share * total for name, total in values.items()}}
            for code, values in shown.items()
            for share, at in enumerate(EDGES)
        ]
    )
    service.settle()
    return service


@pytest.mark.parametrize(("scope2", "rate"), [("location", FACTOR), ("market", RESIDUAL)])
def test_electricity_that_a_neighbour_feeds_back_is_bought(
    feeding_back: Service, scope2: str, rate: float
) -> None:
    found = [_inventory(feeding_back, area) for area in ("A", "B", "C", "park")]
    told = [each["scopes"]["2"] if scope2 == "location" else each["scope2_market"] for each in found]
    assert [each["CO2"] for each in told] == pytest.approx([450 * rate, 150 * rate, 400 * rate, 1000 * rate])
    assert [each["coal"]["calorific"] for each in found] == pytest.approx(
        [450 * TCE, 150 * TCE, 400 * TCE, 1000 * TCE]
    )


def test_by_the_ghg_protocol_what_came_back_is_bought_in_full(feeding_back: Service) -> None:
    found = _inventory(feeding_back, "A", "ghgp")
    assert found["scopes"]["2"]["CO2"] == pytest.approx(650 * FACTOR)
    [line] = [each for each in found["lines"] if each["name"] == "energy_import.returned"]
    assert (line["flow"], line["kg"]["CO2"]) == ("bought", pytest.approx(50 * FACTOR))
    assert line["market_kg"]["CO2"] == pytest.approx(50 * RESIDUAL)


@pytest.mark.parametrize(("basis", "rate"), [("location", FACTOR), ("market", RESIDUAL)])
def test_what_came_back_is_told_by_interval_in_the_trace_and_closed(
    feeding_back: Service, basis: str, rate: float
) -> None:
    asked = {**JUNE, "area": "A", "basis": basis}
    series = feeding_back.get("/emissions", **asked, step="day", by="area")["series"]
    assert math.fsum(kg for each in series for kg in each["values"]) == pytest.approx(650 * rate)
    parts = feeding_back.get("/trace/emissions", **asked)["parts"]
    [part] = [each for each in parts if each["through"] == "B-M"]
    assert (part["amount"], part["kg"]) == (pytest.approx(50), pytest.approx(50 * rate))
    assert "meter=B-M&quantity=energy_export" in part["traces"][0]
    order = {"area": "A", "period": "2023-06", "who": "li.na"}
    closed = feeding_back.call("POST", "/api/v1/periods", json=order).json()
    told = {each["name"]: each["closed"] for each in closed["figures"]}
    assert told[f"emission.{basis}.scope2.CO2"] == pytest.approx(650 * rate)
    assert told["returned.energy_import"] == pytest.approx(50)
    assert told["tce"] == pytest.approx(450 * TCE)
    assert feeding_back.get(f"/periods/{closed['id']}/recomputation")["same"]
    frozen = feeding_back.get("/emissions", **asked, step="month", by="area", state="closed")["series"]
    assert math.fsum(kg for each in frozen for kg in each["values"]) == pytest.approx(650 * rate)
