"""Gas that is metered at actual conditions: as shown, as declared for the supply, or a named shortfall."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from telemetry.instrument import GasState
from telemetry.model import Site
from telemetry.storage.registry import apply_site

JSON = Service = Any
KG_PER_M3 = 2.1621888
JUNE = {"from": "2023-06-01", "to": "2023-07-01", "step": "month", "by": "meter"}
STATES: dict[str, JSON] = {
    "GAUGE": {"pressure": "gauge"},
    "ABSOLUTE": {"pressure": "absolute"},
    "SUPPLY": {"supply_kpa": 103.325, "supply_celsius": 15.0},
    "BARE": None,
}


@pytest.fixture
def service(start: Callable[..., Service], make_site: Callable[..., Site]) -> Service:
    meters = (
        {"code": code, "role": "boundary", "area": "hall", "carrier": "gas", "max_gap_s": 3e6, "gas": state}
        for code, state in STATES.items()
    )
    service = start(make_site(*meters))
    for code, state in STATES.items():
        shown = {"gas_pressure": 20.0, "gas_temperature": 25.0} if state and "pressure" in state else {}
        if code == "ABSOLUTE":
            shown["gas_pressure"] = 121.325
        service.post(
            [
                {"meter": code, "time": f"2023-0{month}-01T00:00:00+08:00", "values": {**shown, **counted}}
                for month, counted in ((6, {"gas_volume": 0.0}), (7, {"gas_volume": 1000.0}))
            ]
        )
    service.settle()
    return service


def near(value: float) -> JSON:
    return pytest.approx(value, rel=1e-9)


@pytest.mark.database
def test_actual_conditions_become_those_of_the_factor(service: Service) -> None:
    """1 000 m3 at 20 kPa over the atmosphere and 25 degC are 1 096.98 m3 at 0 degC and 101.325 kPa."""
    found = {each["key"]: each for each in service.get("/emissions", **JUNE)["series"]}
    shown = 1000 * 273.15 / 298.15 * 121.325 / 101.325
    supplied = 1000 * 273.15 / 288.15 * 103.325 / 101.325
    assert f"{shown:.2f}" == "1096.98"
    kg = {code: each["values"] for code, each in found.items()}
    assert kg["GAUGE"] == [near(shown * KG_PER_M3)]
    assert kg["ABSOLUTE"] == [near(shown * KG_PER_M3)]
    assert kg["SUPPLY"] == [near(supplied * KG_PER_M3)]
    assert kg["BARE"] == [None]
    assert found["BARE"]["shortfalls"][0]["reason"].startswith("gas at actual conditions")
    assert {code: each["quantity"] for code, each in found.items() if code != "BARE"} == dict.fromkeys(
        ("GAUGE", "ABSOLUTE", "SUPPLY"), "gas_volume_0c"
    )


@pytest.mark.database
def test_the_trail_tells_what_was_assumed(service: Service) -> None:
    asked = {"quantity": "gas_volume_0c", "from": "2023-06-01", "to": "2023-06-02"}
    assert service.get("/trace", meter="GAUGE", **asked)["formula"].endswith("101.325 kPa (gauge as shown)")
    told = service.get("/trace", meter="SUPPLY", **asked)["formula"]
    assert told.endswith("the supply's is assumed: 103.325 kPa absolute, 15 degC")


@pytest.mark.database
def test_a_declaration_that_is_taken_back_takes_its_volumes_along(
    service: Service, make_site: Callable[..., Site]
) -> None:
    meters = (
        {"code": code, "role": "boundary", "area": "hall", "carrier": "gas", "max_gap_s": 3e6, "gas": state}
        for code, state in (STATES | {"GAUGE": None}).items()
    )
    apply_site(service.database, make_site(*meters), datetime(2023, 8, 1, tzinfo=UTC))
    service.settle()
    found = {each["key"]: each for each in service.get("/emissions", **JUNE)["series"]}
    assert found["GAUGE"]["quantity"] == "gas_volume"
    assert found["GAUGE"]["values"] == [None]
    assert found["GAUGE"]["shortfalls"][0]["reason"].startswith("gas at actual conditions")
    assert found["ABSOLUTE"]["quantity"] == "gas_volume_0c"
    shown = {each["quantity"] for each in service.get("/energy", **JUNE)["series"] if each["key"] == "GAUGE"}
    assert "gas_volume_0c" not in shown
    assert "gas_volume" in shown


def test_a_state_without_any_pressure_is_refused() -> None:
    with pytest.raises(ValidationError, match="supply_kpa"):
        GasState(supply_celsius=15.0)
