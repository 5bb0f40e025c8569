"""Contracts and supplier rates: what they serve of bought electricity, in which order, what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
JUNE = "2023-06"
START = int(datetime(2023, 6, 1, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())
RESIDUAL = 0.6096
CERTIFICATE = {
    "registry_id": "GEC-1",
    "vintage": "2023",
    "mwh": 10.0,
    "technology": "wind",
    "generator": "Yangjiang 2",
    "consumer": "hall",
    "interval": JUNE,
    "who": "li.na",
}
CONTRACT = {
    "contract": "PPA-1",
    "supplier": "Yangjiang",
    "consumer": "hall",
    "period": JUNE,
    "mwh": 20.0,
    "factor": 50.0,
    "factor_unit": "gCO2/kWh",
    "source": "annex 3",
    "who": "li.na",
}
SHARE = {**CONTRACT, "contract": "PPA-2", "mwh": None, "share_percent": 25.0}
RATE = {
    "supplier": "Retail 3",
    "area": "hall",
    "period": "2023",
    "factor": 0.3,
    "factor_unit": "tCO2/MWh",
    "edition": "disclosure 2023",
    "published": "2024-03-01",
    "source": "retail3 disclosure, page 4",
    "who": "li.na",
}


def _bought(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """The hall buys 100 MWh of the 300 MWh of its park."""
    meters = (
        {"code": code, "role": "boundary", "area": area, "max_gap_s": 3e6}
        for code, area in (("P-1", "park"), ("E-1", "hall"))
    )
    service = start(make_site(*meters))
    service.post(
        [
            {
                "meter": code,
                "time": datetime.fromtimestamp(at, UTC).isoformat(),
                "values": {"energy_import": kwh},
            }
            for code, total in (("P-1", 300_000.0), ("E-1", 100_000.0))
            for at, kwh in ((START, 0.0), (START + 30 * 86_400, total))
        ]
    )
    service.settle()
    return service


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return _bought(start, make_site)


@pytest.fixture(scope="module")
def unchanged(start_for_file: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """For what changes nothing: one service for all of it."""
    return _bought(start_for_file, make_site)


def put(service: Any, place: str, row: object) -> int:
    response = service.call("POST", f"/api/v1/{place}", json=row)
    assert response.status_code == 200, response.text
    return int(response.json()["records"][0]["id"])


def market(service: Any, area: str = "hall", period: str = JUNE) -> Any:
    return service.get("/inventory", period=period, area=area)["market"]


def served(found: Any) -> dict[str, float]:
    return {tier: round(kwh, 3) for tier, kwh in found["served"].items() if kwh > 1e-6}


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9)


def test_each_tier_serves_what_the_one_before_left(service: Any) -> None:
    put(service, "supplier-rates", RATE)
    put(service, "contracts", CONTRACT)
    put(service, "certificates", CERTIFICATE)
    found = market(service)
    assert served(found) == {"certificate": 10_000, "contract": 20_000, "supplier": 70_000}
    assert found["kg"] == {"CO2": near(20_000 * 0.05 + 70_000 * 0.3)}
    told = {each["tier"]: each for each in found["contracts"]}
    assert (told["contract"]["document"], told["contract"]["kwh"]) == ("PPA-1", near(20_000))
    assert (told["supplier"]["edition"], told["supplier"]["published"]) == ("disclosure 2023", "2024-03-01")
    assert told["supplier"]["source"] == "retail3 disclosure, page 4"


def test_a_contract_gives_a_part_of_its_period_its_part(service: Any) -> None:
    put(service, "contracts", CONTRACT)
    found = market(service, period="2023-06-01/2023-06-06")
    assert served(found) == {"contract": 4_000, "residual": 16_000}
    assert found["kg"] == {"CO2": near(4_000 * 0.05 + 16_000 * RESIDUAL)}


def test_a_share_is_one_of_what_its_consumer_buys(service: Any) -> None:
    put(service, "contracts", SHARE)
    assert served(market(service)) == {"contract": 25_000, "residual": 75_000}
    assert served(market(service, "park")) == {"contract": 25_000, "residual": 275_000}


def test_a_rate_serves_what_its_area_buys_and_the_park_s_the_rest(service: Any) -> None:
    put(service, "supplier-rates", RATE)
    assert served(market(service, "park")) == {"supplier": 100_000, "residual": 200_000}
    put(service, "supplier-rates", {**RATE, "area": "park", "factor": 0.5})
    assert market(service)["kg"] == {"CO2": near(100_000 * 0.3)}
    assert market(service, "park")["kg"] == {"CO2": near(100_000 * 0.3 + 200_000 * 0.5)}


def test_the_park_s_rate_serves_an_enterprise_without_one(service: Any) -> None:
    put(service, "supplier-rates", {**RATE, "area": "park"})
    assert served(market(service)) == {"supplier": 100_000}


def test_co2e_of_a_contract_joins_no_sum_of_co2(service: Any) -> None:
    put(service, "contracts", {**CONTRACT, "factor_unit": "kgCO2e/MWh"})
    assert market(service)["kg"] == {"CO2": near(80_000 * RESIDUAL), "CO2e": near(20_000 * 0.05)}


def test_one_that_is_withdrawn_serves_nothing_and_may_be_replaced(service: Any) -> None:
    number = put(service, "supplier-rates", RATE)
    told = {"who": "wang", "reason": "wrong page"}
    assert service.call("POST", f"/api/v1/supplier-rates/{number}/withdrawal", json=told).status_code == 200
    assert served(market(service)) == {"residual": 100_000}
    put(service, "supplier-rates", {**RATE, "factor": 0.31})
    assert market(service)["kg"] == {"CO2": near(100_000 * 0.31)}


def test_what_may_serve_stands_in_the_trace(service: Any) -> None:
    numbers = [put(service, "contracts", CONTRACT), put(service, "supplier-rates", {**RATE, "area": "park"})]
    found = service.get("/trace/emissions", area="hall", **{"from": "2023-06-01", "to": "2023-07-01"})
    assert [each["id"] for each in found["contracts"]] == numbers
    assert [each["source"] for each in found["contracts"]] == ["annex 3", "retail3 disclosure, page 4"]


@pytest.mark.parametrize(
    ("place", "row", "field", "reason"),
    [
        ("contracts", {**CONTRACT, "mwh": None}, "mwh", "give either mwh or share_percent"),
        ("contracts", {**CONTRACT, "share_percent": 5}, "mwh", "give either mwh or share_percent"),
        ("contracts", {**CONTRACT, "mwh": -1}, "mwh", "expected float >= 0"),
        ("contracts", {**CONTRACT, "factor": -0.1}, "factor", "expected float >= 0"),
        ("contracts", {**CONTRACT, "factor_unit": "kg/kWh"}, "factor_unit", "is no mass of CO2 or CO2e per"),
        ("contracts", {**CONTRACT, "consumer": "E9"}, "consumer", "no area has this code"),
        ("contracts", {**CONTRACT, "source": ""}, "source", "expected str of length >= 1"),
        ("contracts", {**SHARE, "share_percent": 101}, "share_percent", "expected float <= 100"),
        ("supplier-rates", {**RATE, "published": "2999-01-01"}, "published", "has not come yet"),
        ("supplier-rates", {**RATE, "factor_unit": "kgCO2/GJ"}, "factor_unit", "is no mass of CO2 or CO2e"),
        ("supplier-rates", {**RATE, "area": "E9"}, "area", "no area has this code"),
    ],
)
def test_bad_rows_are_named(unchanged: Any, place: str, row: object, field: str, reason: str) -> None:
    response = unchanged.call("POST", f"/api/v1/{place}", json=row)
    assert response.status_code == 422
    [mistake] = response.json()["errors"]
    assert mistake["field"] == f"0.{field}"
    assert reason in mistake["reason"]


def test_two_answers_for_one_day_are_refused(service: Any) -> None:
    put(service, "supplier-rates", RATE)
    put(service, "contracts", {**SHARE, "share_percent": 80.0})
    rows = {
        "supplier-rates": {**RATE, "period": "2023-12", "edition": "disclosure 2024", "source": "page 5"},
        "contracts": {**SHARE, "contract": "PPA-3"},
    }
    said = {
        place: service.call("POST", f"/api/v1/{place}", json=row).json()["errors"][0]["reason"]
        for place, row in rows.items()
    }
    assert said["supplier-rates"].endswith("answers for some of these days already; withdraw that first")
    assert said["contracts"] == "together with the 80 % of other contracts it is more than all that is bought"
    put(service, "contracts", {**SHARE, "contract": "PPA-3", "period": "2023-07"})
