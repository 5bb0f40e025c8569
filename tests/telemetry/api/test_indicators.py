"""Energy and carbon per product, and the schemes that rate parks, from data."""

from collections.abc import Callable
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
KWH = 24_000.0
TCE = KWH * 0.1229e-3 + 2 * 1.4571
KG = KWH * 0.4419 + 2 * 3145.122
BASE = {"period": "2023-06", "who": "wang"}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    meter = {"role": "boundary", "max_gap_s": 90_000}
    service = start(make_site({"code": "P1", **meter}, {"code": "H1", "area": "hall", **meter}))
    days = [f"2023-06-{day:02}T00:00:00+08:00" for day in (1, 2)]
    service.post(
        [
            {"meter": meter, "time": at, "values": {"energy_import": KWH * n}}
            for meter in ("P1", "H1")
            for n, at in enumerate(days)
        ]
    )
    diesel = {"kind": "diesel", "amount": 2, "unit": "t", "document": "invoice 7", "enterprise": "hall"}
    _post(service, "activities", diesel)
    return service


def _post(service: Any, place: str, row: dict[str, Any]) -> None:
    response = service.call("POST", f"/api/v1/{place}", json={**BASE, **row})
    assert response.status_code == 200, response.text
    service.settle()


def _made(service: Any, product: str, quantity: float, unit: str, **rest: str) -> None:
    row = {"product": product, "quantity": quantity, "unit": unit, "enterprise": "hall", **rest}
    _post(service, "production", row)


def test_energy_and_carbon_per_product_value_and_floor_area(service: Any) -> None:
    _made(service, "bottle", 48_000, "piece")
    _made(service, "output_value", 120, "10kCNY", period="2023-05-17/2023-07-15")
    _made(service, "floor_area", 5000, "m2", period="2023")
    answer = service.get("/intensity", area="hall", period="2023-06")
    assert answer["tce"] == pytest.approx(TCE)
    assert answer["kgco2"] == pytest.approx(KG, rel=1e-6)
    per = {each["product"]: each for each in answer["intensities"]}
    assert per["bottle"]["kwh"] == pytest.approx(0.5)
    assert per["bottle"]["kgco2"] == pytest.approx(KG / 48_000, rel=1e-6)
    assert per["output_value"]["quantity"] == pytest.approx(60)
    assert per["floor_area"]["quantity"] == pytest.approx(5000)
    assert per["floor_area"]["tce"] == pytest.approx(TCE / 5000)
    assert answer["missing"] == ["added_value"]


def _indicators(answer: dict[str, Any], scheme: str) -> dict[str, dict[str, Any]]:
    [found] = [each for each in answer["schemes"] if each["code"] == scheme]
    return {each["code"]: each for each in found["indicators"]}


def test_schemes_are_reckoned_from_data_and_name_what_is_missing(service: Any) -> None:
    found = _indicators(service.get("/schemes", period="2023-06"), "cn-zero-carbon-park-2025")
    core = found["co2_per_energy"]
    assert core["value"] == pytest.approx(KG / 1e3 / TCE, rel=1e-6)
    assert (core["core"], core["threshold"], core["met"], core["missing"]) == (True, None, None, [])
    missing = found["solid_waste_utilisation"]["missing"]
    assert [each["code"] for each in missing] == [
        "solid_waste_used",
        "solid_waste_generated",
        "solid_waste_stored_used",
    ]
    assert missing[0]["reason"] == "post it as production, product solid_waste_used, in t"
    assert found["solid_waste_utilisation"]["value"] is None


def test_posted_inputs_are_judged_in_their_own_unit_alone(service: Any) -> None:
    _made(service, "water_reused", 90, "m3")
    _made(service, "water_used", 100, "t")
    found = _indicators(service.get("/schemes", period="2023-06"), "cn-zero-carbon-park-2025")["water_reuse"]
    assert [each["reason"] for each in found["missing"]] == ["posted in t, needed in m3"]
    _made(service, "water_used", 100, "m3")
    found = _indicators(service.get("/schemes", period="2023-06"), "cn-zero-carbon-park-2025")["water_reuse"]
    assert (found["value"], found["threshold"], found["met"]) == (pytest.approx(90), 80, True)


def test_recovered_heat_is_that_of_its_meters_by_what_converters_could_give(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    """1 000 kWh are 3.6 GJ, of which 0.8 could be recovered and 1.8 GJ were: 62.5 %."""
    far = {"max_gap_s": 90_000}
    heat = {"carrier": "recovered_heat", "area": "hall", **far}
    meters = [
        {"code": "P1", "role": "boundary", **far},
        {"code": "K", "area": "hall", **far},
        {"code": "AIR", "carrier": "compressed_air", "area": "hall", **far},
        {"code": "R", **heat},
        {"code": "R-USER", "parent": "R", **heat},
    ]
    made = {"inputs": ["K"], "outputs": ["AIR"], "recovered": ["R"], "recoverable_share": 0.8}
    named = {"code": "C", "kind": "compressor", "name": {"en": "C", "zh": "设备"}}
    service = start(make_site(*meters, converters=[{**named, **made}]))
    shown = {
        "P1": {"energy_import": KWH},
        "K": {"energy_import": 1000.0},
        "R": {"recovered_heat_energy": 1.8},
        "R-USER": {"recovered_heat_energy": 1.0},
    }
    service.post(
        [
            {"meter": code, "time": f"2023-06-0{day}T00:00:00+08:00", "values": {name: total * (day - 1)}}
            for code, values in shown.items()
            for name, total in values.items()
            for day in (1, 2)
        ]
    )
    service.settle()
    asked = "cn-zero-carbon-park-2025"
    found = _indicators(service.get("/schemes", period="2023-06"), asked)["waste_heat_utilisation"]
    assert (found["value"], found["met"], found["missing"]) == (pytest.approx(62.5), True, [])
    row = {"product": "recoverable_heat_gj", "quantity": 3.6, "unit": "GJ", "enterprise": "park"}
    _post(service, "production", row)
    found = _indicators(service.get("/schemes", period="2023-06"), asked)["waste_heat_utilisation"]
    assert found["value"] == pytest.approx(50)
