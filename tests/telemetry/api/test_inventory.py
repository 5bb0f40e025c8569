"""The inventory of a fictitious enterprise, as docs/inventory.md reckons it by hand."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
ZONE = ZoneInfo("Asia/Shanghai")
JUNE = "2023-06"
START = int(datetime(2023, 6, 1, tzinfo=ZONE).timestamp())
QUARTERS = 30 * 96
AMOUNTS = {
    "E-1": {"energy_import": 100_000.0, "energy_export": 5_000.0},
    "G-1": {"gas_volume_20c": 20_000.0},
    "S-1": {"steam_energy": 300.0},
    "W-1": {"water_volume": 1_000.0},
    "H-2": {"heat_energy": 50.0},
}
WHO = {"enterprise": "hall", "period": JUNE, "who": "li.na"}
DIESEL = {**WHO, "kind": "diesel", "amount": 2.0, "unit": "t", "document": "invoice 7"}
LEAK = {**WHO, "kind": "r410a", "amount": 5.0, "unit": "kg", "document": "service 3"}
GREEN = {
    "registry_id": "GEC-1",
    "vintage": "2023",
    "mwh": 60.0,
    "technology": "wind",
    "generator": "Yangjiang 2",
    "consumer": "hall",
    "interval": JUNE,
    "who": "li.na",
}


def _meter(code: str, carrier: str) -> Mapping[str, object]:
    return {"code": code, "role": "boundary", "area": "hall", "carrier": carrier, "max_gap_s": 3e6}


def _settled(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    carriers = {"E-1": "electricity", "G-1": "gas", "S-1": "steam", "W-1": "water"}
    out = {**_meter("H-2", "heat"), "role": "sale"}
    service = start(make_site(*(_meter(code, carrier) for code, carrier in carriers.items()), out))
    rows = [
        {"meter": code, "time": datetime.fromtimestamp(at, UTC).isoformat(), "values": values}
        for code, amounts in AMOUNTS.items()
        for at, values in ((START, dict.fromkeys(amounts, 0.0)), (START + QUARTERS * 900, amounts))
    ]
    service.post(rows)
    for place, row in (("activities", DIESEL), ("activities", LEAK), ("certificates", GREEN)):
        assert service.call("POST", f"/api/v1/{place}", json=row).status_code == 200
    service.settle()
    return service


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return _settled(start, make_site)


@pytest.fixture(scope="module")
def unchanged(start_for_file: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """For what changes nothing: one service for all of it."""
    return _settled(start_for_file, make_site)


def ask(service: Any, **asked: object) -> Any:
    return service.get("/inventory", period=JUNE, area="hall", **asked)


POWER, SOLD = 100_000 * 0.4419, 5_000 * 0.4419 + 50 * 110.0
GAS = 20_000 * 273.15 / 293.15 / 1e4 * 21_621.888
DIESEL_KG, STEAM = 2 * 3145.122, 300 * 110.0


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-6)


def test_by_the_protocol_what_is_fed_in_stands_beside(unchanged: Any) -> None:
    found = ask(unchanged)
    assert found["scopes"] == {
        "1": {"CO2": near(GAS + DIESEL_KG), "CO2e": near(5 * 1923.5)},
        "2": {"CO2": near(POWER + STEAM)},
    }
    assert found["avoided"] == {"CO2": near(SOLD)}
    assert (found["short"], found["biogenic"]) == ([], {})


def test_by_the_chinese_guidelines_it_is_taken_off(unchanged: Any) -> None:
    found = ask(unchanged, rules="cn-enterprise")
    assert found["scopes"]["2"] == {"CO2": near(POWER + STEAM - SOLD)}
    assert found["avoided"] == {}


def test_certificates_serve_first_and_the_rest_takes_the_residual(unchanged: Any) -> None:
    market = ask(unchanged)["market"]
    assert market["served"]["certificate"] == near(60_000)
    assert market["served"]["residual"] == near(40_000)
    assert market["served"]["none"] == 0.0
    assert market["kg"] == {"CO2": near(40_000 * 0.6096)}
    assert {each["id"] for each in market["factors"]} == {"cn.grid.national.exmkt.2023"}
    assert [(each["document"], each["kwh"], each["refused"]) for each in market["certificates"]] == [
        ("GEC-1", near(60_000), "")
    ]
    assert ask(unchanged)["scope2_market"] == {"CO2": near(40_000 * 0.6096 + STEAM)}


def test_a_certificate_gives_a_part_of_its_period_its_part_once(unchanged: Any) -> None:
    def served(period: str) -> float:
        found = unchanged.get("/inventory", period=period, area="hall")
        return float(found["market"]["served"]["certificate"])

    assert served("2023-06-01/2023-06-10") == near(20_000)
    assert served("2023-06-11/2023-06-30") == near(40_000)


def test_a_certificate_too_old_is_refused_by_name(service: Any) -> None:
    row = {**GREEN, "registry_id": "GEC-0", "vintage": "2020"}
    assert service.call("POST", "/api/v1/certificates", json=row).status_code == 200
    found = ask(service)["market"]
    assert found["served"]["certificate"] == near(60_000)
    refused = {each["document"]: (each["kwh"], each["refused"]) for each in found["certificates"]}
    assert refused["GEC-0"] == (0.0, "its vintage may not serve this interval")


def test_standard_coal_counts_what_crossed_and_waits_for_the_equivalent_value(unchanged: Any) -> None:
    found = ask(unchanged)
    lines = {
        "energy_import": 12.29,
        "energy_export": -0.6145,
        "gas_volume_20c": 20_000 * 273.15 / 293.15 * 1.2143e-3,
        "steam_energy": 10.236,
        "water_volume": 0.2571,
        "diesel": 2.9142,
        "r410a": 0.0,
        "heat_energy.sold": -1.706,
    }
    assert found["coal"]["lines"] == {name: near(tce) for name, tce in lines.items()}
    assert found["coal"]["calorific"] == near(math.fsum(lines.values()))
    assert found["coal"]["equivalent"] is None
    co2 = (GAS + DIESEL_KG + POWER + STEAM) / 1e3
    assert found["tco2_per_tce"] == near(co2 / math.fsum(lines.values()))


@pytest.mark.parametrize(("report", "potential"), [("ar4", 2087.5), ("ar5", 1923.5), ("ar6", 2255.5)])
def test_gases_that_escape_count_by_the_report_that_is_asked_for(
    unchanged: Any,
    report: str,
    potential: float,
) -> None:
    found = ask(unchanged, gwp=report)
    assert found["scopes"]["1"]["CO2e"] == near(5 * potential)
    [line] = [line for line in found["lines"] if line["name"] == "r410a"]
    assert [(use["id"], use["value"]) for use in line["factors"]] == [(f"gwp.{report}.r410a", potential)]


def test_a_gas_that_the_report_does_not_list_is_a_named_shortfall(service: Any) -> None:
    row = {**LEAK, "kind": "r1234yf", "document": "service 4"}
    assert service.call("POST", "/api/v1/activities", json=row).status_code == 200
    service.settle()
    found = ask(service, gwp="ar6")
    assert found["short"] == ["r1234yf"]
    assert found["scopes"]["1"]["CO2e"] == near(5 * 2255.5)
    [line] = [line for line in found["lines"] if line["name"] == "r1234yf"]
    assert [lack["reason"] for lack in line["shortfalls"]] == ["ar6 lists no potential for r1234yf"]


def test_a_sum_of_co2_is_no_co2e(unchanged: Any) -> None:
    found = ask(unchanged, gwp="ar6")["co2e"]
    assert (found["report"], found["kg"]) == ("ar6", None)
    assert found["why"].startswith("no sum in CO2e: the factors of ")


def test_uncertainty_is_told_when_its_parts_are(unchanged: Any) -> None:
    assert ask(unchanged)["uncertainty"] == {"CO2": None, "CO2e": None}
    found = ask(unchanged, amounts_percent=2, factors_percent=5)["uncertainty"]
    masses = (GAS, DIESEL_KG, POWER, STEAM)
    expected = math.hypot(2, 5) * math.hypot(*masses) / math.fsum(masses)
    assert found == {"CO2": near(expected), "CO2e": near(math.hypot(2, 5))}


def test_the_documents_worked_numbers_are_those_of_the_answer(unchanged: Any) -> None:
    text = (Path(__file__).parents[3] / "docs" / "inventory.md").read_text(encoding="utf-8")
    protocol, chinese = (
        ask(unchanged, amounts_percent=2, factors_percent=5),
        ask(unchanged, rules="cn-enterprise"),
    )
    masses = [kg for line in protocol["lines"] for kg in line["kg"].values()]
    masses += [
        kg for found in (protocol, chinese) for each in found["scopes"].values() for kg in each.values()
    ]
    masses += [protocol["scope2_market"]["CO2"], chinese["scope2_market"]["CO2"], protocol["avoided"]["CO2"]]
    printed = [f"{kg:,.2f}".replace(",", " ") for kg in masses]
    printed += [f"{protocol['coal']['calorific']:.4f}", f"{protocol['tco2_per_tce']:.4f}"]
    printed += [f"{protocol['uncertainty'][gas]:.4f} %" for gas in ("CO2", "CO2e")]
    assert [number for number in printed if number not in text] == []
    assert len(printed) > 15


def test_what_stands_above_a_threshold_is_told(unchanged: Any) -> None:
    found = ask(unchanged, threshold=0.2)
    co2 = (GAS + DIESEL_KG + POWER + STEAM) / 1e3
    assert found["above_t"] == near(co2 - 0.2 * found["coal"]["calorific"])
    assert (ask(unchanged)["above_t"], ask(unchanged, threshold=1000)["above_t"]) == (None, 0.0)


def test_green_power_takes_off_allowances_only_where_a_market_says_by_what(unchanged: Any) -> None:
    found = ask(unchanged, allowances_short=10)["deduction"]
    assert found["tco2"] is None
    assert found["why"].startswith("no ets_green_deduction electricity_green per MWh factor for 2023-06-30")
    assert ask(unchanged)["deduction"] is None


def test_without_series_and_generators_nothing_is_told_by_the_hour(unchanged: Any) -> None:
    found = ask(unchanged)["hourly"]
    assert (found["kg"], found["editions"], found["score"]) == (None, [], None)


def test_what_was_lost_on_its_way_is_scope_3(unchanged: Any) -> None:
    found = ask(unchanged, losses_percent=5)
    assert found["scopes"]["3"] == {"CO2": near(POWER * 5 / 95)}
    assert "3" not in ask(unchanged)["scopes"]


def test_self_use_whose_certificate_was_sold_is_not_zero(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    pv = {"code": "PV-1", "role": "generation", "area": "hall", "max_gap_s": 3e6}
    service = start(make_site(_meter("E-1", "electricity"), pv))
    for code, values in (
        ("E-1", {"energy_import": 1000.0, "energy_export": 200.0}),
        ("PV-1", {"energy_export": 700.0}),
    ):
        ends = ((START, dict.fromkeys(values, 0.0)), (START + QUARTERS * 900, values))
        rows = [
            {"meter": code, "time": datetime.fromtimestamp(at, UTC).isoformat(), "values": shown}
            for at, shown in ends
        ]
        service.post(rows)
    given = {**GREEN, "mwh": 0.3, "generator": "PV-1", "consumer": "park", "registry_id": "GEC-9"}
    assert service.call("POST", "/api/v1/certificates", json=given).status_code == 200
    service.settle()
    market = ask(service)["market"]
    assert market["unbacked_kwh"] == near(300.0)
    assert market["kg"] == {"CO2": near((1000 + 300) * 0.6096)}
    assert ask(service)["scopes"]["2"] == {"CO2": near(1000 * 0.4419)}


def test_sold_heat_stands_beside_or_is_taken_off_as_the_rules_say(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    out = {**_meter("H-2", "heat"), "role": "sale"}
    service = start(make_site(_meter("H-1", "heat"), out))
    ends = ((START, 0.0), (START + QUARTERS * 900, 1.0))
    for code, gj in (("H-1", 300.0), ("H-2", 100.0)):
        rows = [
            (datetime.fromtimestamp(at, UTC).isoformat(), {"heat_energy": gj * part}) for at, part in ends
        ]
        service.post([{"meter": code, "time": at, "values": values} for at, values in rows])
    service.settle()
    protocol, chinese = ask(service), ask(service, rules="cn-enterprise")
    assert protocol["scopes"]["2"] == {"CO2": near(300 * 110.0)}
    assert protocol["avoided"] == {"CO2": near(100 * 110.0)}
    assert (chinese["scopes"]["2"], chinese["avoided"]) == ({"CO2": near(200 * 110.0)}, {})
    [line] = [line for line in protocol["lines"] if line["flow"] == "sold"]
    assert (line["name"], line["factors"][0]["unit"]) == ("heat_energy.sold", "tCO2/GJ")
    assert protocol["coal"]["calorific"] == near(200 * 34.12e-3)


def test_bought_cooling_without_a_factor_is_a_named_shortfall(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    service = start(make_site(_meter("K-1", "cooling")))
    ends = ((START, 0.0), (START + QUARTERS * 900, 40.0))
    service.post(
        [
            {
                "meter": "K-1",
                "time": datetime.fromtimestamp(at, UTC).isoformat(),
                "values": {"cooling_energy": shown},
            }
            for at, shown in ends
        ]
    )
    service.settle()
    found = ask(service)
    assert found["short"] == ["cooling_energy"]
    assert found["lines"][0]["kg"] == {"CO2": None}
    assert found["scopes"] == {}


def test_an_amount_below_zero_is_named_and_serves_nothing(
    start: Callable[..., Any], make_site: Callable[..., Site]
) -> None:
    rest = {"energy_import": "E-1.energy_import - E-2.energy_import"}
    virtual = {"code": "V-1", "role": "boundary", "area": "hall", "formula": rest}
    service = start(make_site({"code": "E-1"}, {"code": "E-2"}, virtual))
    rows = [
        {"meter": code, "time": datetime.fromtimestamp(START + at * 900, UTC).isoformat(), "values": values}
        for code, kwh in (("E-1", 1.0), ("E-2", 3.0))
        for at in range(3)
        for values in [{"energy_import": kwh * at}]
    ]
    service.post(rows)
    service.settle()
    found = ask(service)
    assert found["short"] == ["V-1 energy_import on 2023-06-01: -4 is below 0"]
    assert sum(found["market"]["served"].values()) == 0.0


def test_an_area_that_is_not_there_is_refused(unchanged: Any) -> None:
    problem = unchanged.call("GET", "/api/v1/inventory", params={"period": JUNE, "area": "nowhere"})
    assert problem.status_code == 422
    assert "nowhere" in problem.text
