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
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:  # noqa: ANN401  # conftest's Service
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


def _post(service: Any, place: str, row: dict[str, Any]) -> None:  # noqa: ANN401  # as above
    response = service.call("POST", f"/api/v1/{place}", json={**BASE, **row})
    assert response.status_code == 200, response.text
    service.settle()


def _made(service: Any, product: str, quantity: float, unit: str, **rest: str) -> None:  # noqa: ANN401  # as above
    row = {"product": product, "quantity": quantity, "unit": unit, "enterprise": "hall", **rest}
    _post(service, "production", row)


def test_energy_and_carbon_per_product_value_and_floor_area(service: Any) -> None:  # noqa: ANN401  # as above
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


def test_schemes_are_reckoned_from_data_and_name_what_is_missing(service: Any) -> None:  # noqa: ANN401  # as above
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


def test_posted_inputs_are_judged_in_their_own_unit_alone(service: Any) -> None:  # noqa: ANN401  # as above
    _made(service, "water_reused", 90, "m3")
    _made(service, "water_used", 100, "t")
    found = _indicators(service.get("/schemes", period="2023-06"), "cn-zero-carbon-park-2025")["water_reuse"]
    assert [each["reason"] for each in found["missing"]] == ["posted in t, needed in m3"]
    _made(service, "water_used", 100, "m3")
    found = _indicators(service.get("/schemes", period="2023-06"), "cn-zero-carbon-park-2025")["water_reuse"]
    assert (found["value"], found["threshold"], found["met"]) == (pytest.approx(90), 80, True)
