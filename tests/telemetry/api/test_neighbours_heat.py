"""Heat and cooling that a neighbour makes and sells, by what its pool carries, wherever emissions are told.

A burns 3 000 m3 of gas in its boiler, which gives 100 GJ: 21.621888 t per 1e4 m3, 64.865664 kg/GJ. B has
40 GJ of them, and passes 10 on to D. A's chiller takes 500 of its 2 000 kWh and gives 20 GJ, 8 of them to C.
"""

import json
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
JSON = Service = Any
Start = Callable[..., Service]
EDGES = "2023-06-01T00:00:00+08:00", "2023-07-01T00:00:00+08:00"
JUNE = {"from": "2023-06-01", "to": "2023-07-01"}
BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
GAS, POWER, PER_GJ, RESIDUAL = 3000 * 2.1621888, 2000 * 0.4419, 64.865664, 0.6096
TOTALS = {
    "P-M": {"energy_import": 2000.0},
    "A-M": {"energy_import": 2000.0},
    "A-CH": {"energy_import": 500.0},
    "P-GAS": {"gas_volume_0c": 3000.0},
    "A-GAS": {"gas_volume_0c": 3000.0},
    "A-BOIL": {"gas_volume_0c": 3000.0},
    "A-HEAT": {"heat_energy": 100.0},
    "A-SOLD": {"heat_energy": 40.0},
    "B-HEAT": {"heat_energy": 40.0},
    "D-HEAT": {"heat_energy": 10.0},
    "A-BACK": {"heat_energy": 5.0},
    "A-COOL": {"cooling_energy": 20.0},
    "C-COOL": {"cooling_energy": 8.0},
}
CARRIERS = {"GAS": "gas", "BOIL": "gas", "HEAT": "heat", "SOLD": "heat", "BACK": "heat", "COOL": "cooling"}


def _meter(code: str, role: str, **rest: JSON) -> dict[str, JSON]:
    area = "park" if code[0] == "P" else code[0]
    named = {"code": code, "name": {"en": code, "zh": code}, "area": area, "role": role}
    carrier = CARRIERS.get(code[2:], "electricity")
    return {**named, "source": "push", "max_gap_s": 3e6, "carrier": carrier, **rest}


def _area(code: str, **rest: str) -> dict[str, JSON]:
    return {"code": code, "kind": "enterprise", "name": {"en": code, "zh": code}, **rest}


def _site(*, sale: bool, since: str | None, back: bool, zone: str) -> Site:
    sold = [_meter("A-SOLD", "sale", parent="A-HEAT")] if sale else []
    sold += [_meter("A-BACK", "boundary", parent="B-HEAT")] if back else []
    kinds = {"BOILER": ("boiler", "A-BOIL", "A-HEAT"), "CHILLER": ("chiller", "A-CH", "A-COOL")}
    return Site.model_validate(
        {
            "code": "park",
            "name": {"en": "Park", "zh": "园区"},
            "zone": zone,
            "region": "CN-GD",
            "areas": [_area("park", kind="park"), *(_area(code, parent="park") for code in "ABCD")],
            "sources": [{"kind": "push", "code": "push"}],
            "meters": [
                _meter("P-M", "boundary"),
                _meter("A-M", "boundary", parent="P-M"),
                _meter("A-CH", "load", parent="A-M"),
                _meter("P-GAS", "boundary"),
                _meter("A-GAS", "boundary", parent="P-GAS"),
                _meter("A-BOIL", "load", parent="A-GAS"),
                _meter("A-HEAT", "load"),
                *sold,
                _meter("B-HEAT", "boundary", parent="A-SOLD" if sale else "A-HEAT"),
                _meter("D-HEAT", "boundary", parent="B-HEAT"),
                _meter("A-COOL", "load"),
                _meter("C-COOL", "boundary", parent="A-COOL"),
            ],
            "converters": [
                {
                    "code": code,
                    "kind": kind,
                    "name": {"en": code, "zh": code},
                    "inputs": [taken],
                    "outputs": [given],
                    **({"from": since} if since and code == "BOILER" else {}),
                }
                for code, (kind, taken, given) in kinds.items()
            ],
        }
    )


def _begin(
    start: Start,
    *,
    sale: bool = False,
    silent: frozenset[str] = frozenset(),
    since: str | None = None,
    back: bool = False,
    edges: tuple[str, str] = EDGES,
    zone: str = "Asia/Shanghai",
) -> Service:
    service = start(_site(sale=sale, since=since, back=back, zone=zone))
    standing = {meter.code for meter in service.plan.site.meters}
    service.post(
        [
            {"meter": code, "time": at, "values": {name: share * total for name, total in totals.items()}}
            for code, totals in TOTALS.items()
            for share, at in enumerate(edges)
            if code in standing - silent
        ]
    )
    service.settle()
    return service


@pytest.fixture
def begun(start: Start) -> Start:
    return partial(_begin, start)


@pytest.fixture(scope="module")
def unchanged(start_for_file: Start) -> Start:
    """For what changes nothing: one service of each kind for all of it."""
    return cache(partial(_begin, start_for_file))


def _inventory(service: Service, area: str, rules: str = "ghgp") -> JSON:
    return service.get("/inventory", period="2023-06", area=area, rules=rules)


def _scope2(found: JSON) -> float:
    return float(found["scopes"].get("2", {}).get("CO2", 0.0))


@pytest.mark.parametrize("sale", [False, True])
def test_the_buyer_has_what_the_neighbours_pool_carries_in_scope_2(unchanged: Start, sale: bool) -> None:
    service = unchanged(sale=sale)
    assert _scope2(_inventory(service, "B")) == pytest.approx(40 * PER_GJ, rel=1e-9)
    assert _scope2(_inventory(service, "C")) == pytest.approx(200 * 0.4419, rel=1e-9)
    assert _scope2(_inventory(service, "D")) == pytest.approx(10 * PER_GJ, rel=1e-9)
    [line] = _inventory(service, "B")["lines"][:1]
    assert (line["name"], line["scope"], line["flow"]) == ("heat_energy", "2", "bought")
    assert {each["unit"] for each in line["factors"]} == {"tCO2/1e4Nm3"}


@pytest.mark.parametrize("sale", [False, True])
def test_the_sellers_inventory_is_less_by_what_it_sold(unchanged: Start, sale: bool) -> None:
    service = unchanged(sale=sale)
    found = _inventory(service, "A")
    assert found["scopes"]["1"]["CO2"] == pytest.approx(GAS)
    assert _scope2(found) == pytest.approx(POWER)
    assert found["avoided"]["CO2"] == pytest.approx(40 * PER_GJ + 200 * 0.4419)
    assert found["coal"]["lines"]["heat_energy.sold"] == pytest.approx(-40 * 0.03412)
    netted = _inventory(service, "A", "cn-enterprise")
    assert _scope2(netted) == pytest.approx(POWER - 40 * PER_GJ - 200 * 0.4419)
    passed_on = _inventory(service, "B", "cn-enterprise")
    assert _scope2(passed_on) == pytest.approx(30 * PER_GJ)


@pytest.mark.parametrize("sale", [False, True])
def test_what_the_enterprises_emit_is_what_the_park_does(unchanged: Start, sale: bool) -> None:
    service = unchanged(sale=sale)
    found = [_inventory(service, area, "cn-enterprise")["scopes"] for area in "ABCD"]
    total = math.fsum(kg["CO2"] for scopes in found for kg in scopes.values())
    park = _inventory(service, "park", "cn-enterprise")["scopes"]
    assert total == pytest.approx(math.fsum(kg["CO2"] for kg in park.values()), rel=1e-9)
    assert total == pytest.approx(GAS + POWER)


def test_by_the_market_the_enterprises_emit_what_the_park_does(unchanged: Start) -> None:
    service = unchanged()
    found = [_inventory(service, area, "cn-enterprise")["scope2_market"] for area in "ABCD"]
    scope1 = _inventory(service, "A")["scopes"]["1"]["CO2"]
    park = _inventory(service, "park", "cn-enterprise")
    total = scope1 + math.fsum(kg.get("CO2", 0.0) for kg in found)
    assert total == pytest.approx(park["scopes"]["1"]["CO2"] + park["scope2_market"]["CO2"], rel=1e-9)
    assert _inventory(service, "C")["scope2_market"]["CO2"] == pytest.approx(200 * RESIDUAL)


@pytest.mark.parametrize("basis", ["location", "market"])
@pytest.mark.parametrize("step", ["day", "month"])
def test_emissions_of_enterprises_hold_it_by_day_and_month(unchanged: Start, basis: str, step: str) -> None:
    found = unchanged().get("/emissions", **JUNE, step=step, by="enterprise", basis=basis)["series"]
    told = {
        (each["key"], each["quantity"]): math.fsum(each["values"]) for each in found if each["key"] in "BCD"
    }
    power = {"location": 0.4419, "market": RESIDUAL}[basis]
    assert told == {
        ("B", "heat_energy"): pytest.approx(40 * PER_GJ),
        ("C", "cooling_energy"): pytest.approx(200 * power),
        ("D", "heat_energy"): pytest.approx(10 * PER_GJ),
    }


@pytest.mark.parametrize("by", ["meter", "area", "carrier", "scope"])
def test_emissions_hold_it_by_the_hour_however_they_are_grouped(unchanged: Start, by: str) -> None:
    asked = {"from": "2023-06-03T06:00:00+08:00", "to": "2023-06-03T18:00:00+08:00", "step": "hour"}
    which = {"meter": "B-HEAT"} if by == "meter" else {"area": "B"}
    [series] = unchanged().get("/emissions", **asked, by=by, **which)["series"]
    assert series["values"] == [pytest.approx(40 * PER_GJ / 720)] * 12
    assert series["key"] == {"meter": "B-HEAT", "area": "B", "carrier": "heat", "scope": "2"}[by]


def test_a_trace_leads_to_the_gas_that_the_neighbour_burnt(unchanged: Start) -> None:
    service = unchanged()
    for asked in ({"area": "B"}, {"meter": "B-HEAT"}, {"area": "B", "basis": "market"}):
        [part] = service.get("/trace/emissions", **JUNE, **asked)["parts"]
        assert (part["through"], part["meter"], part["quantity"]) == ("B-HEAT", "P-GAS", "gas_volume_0c")
        assert (part["amount"], part["kg"]) == (pytest.approx(1200), pytest.approx(40 * PER_GJ))
        assert any("meter=B-HEAT&quantity=heat_energy" in each for each in part["traces"])


def test_what_was_reported_when_it_was_settled_is_told_by_the_makers_pool(unchanged: Start) -> None:
    service = unchanged()
    for place in ("/emissions", "/trace/emissions"):
        found = service.get(place, **JUNE, area="B", revision="reported")
        kg = found["series"][0]["values"] if "series" in found else [found["figures"][0]["kg"]]
        assert math.fsum(kg) == pytest.approx(40 * PER_GJ)


def test_a_closed_month_holds_what_the_heat_was_made_of(begun: Start) -> None:
    service = begun()
    order = {"area": "B", "period": "2023-06", "who": "li.na"}
    closed = service.call("POST", "/api/v1/periods", json=order).json()
    told = {each["name"]: each["closed"] for each in closed["figures"]}
    assert told["emission.location.scope2.CO2"] == pytest.approx(40 * PER_GJ)
    assert told["emission.market.scope2.CO2"] == pytest.approx(40 * PER_GJ)
    assert told["emission.location.sold.CO2"] == pytest.approx(10 * PER_GJ)
    rows = [json.loads(each) for each in service.get(f"/periods/{closed['id']}/rows")["lines"]]
    assert [row for row in rows if row["sort"] == "emission"] == []
    origins = {(row["through"], row["received"], row["meter"]) for row in rows if row["sort"] == "origin"}
    assert origins == {("B-HEAT", "heat_energy", "P-GAS")}
    assert service.get(f"/periods/{closed['id']}/recomputation")["same"]
    found = service.get("/emissions", **JUNE, step="month", by="enterprise", area="B", state="closed")
    [series] = found["series"]
    assert (series["quantity"], series["values"]) == ("heat_energy", [pytest.approx(40 * PER_GJ)])
    assert {each["drift"] for each in service.get(f"/periods/{closed['id']}")["figures"]} == {0.0}


def test_a_trace_of_the_seller_leads_to_what_it_made_the_heat_of(unchanged: Start) -> None:
    found = unchanged().get("/trace/emissions", **JUNE, area="A")
    told = {(part["through"], part["meter"]): part["kg"] for part in found["sold"]}
    assert told == {
        ("B-HEAT", "P-GAS"): pytest.approx(40 * PER_GJ),
        ("C-COOL", "P-M"): pytest.approx(200 * 0.4419),
    }
    [figure] = found["sold_figures"]
    assert figure["kg"] == pytest.approx(40 * PER_GJ + 200 * 0.4419)


def test_a_boiler_that_nobody_reads_is_a_named_shortfall_and_no_zero(begun: Start) -> None:
    service = begun(silent=frozenset({"A-BOIL"}))
    found = _inventory(service, "B")
    assert (found["short"], found["scopes"]) == (["heat_energy", "heat_energy.sold"], {})
    assert found["lines"][0]["shortfalls"][0]["reason"].startswith("no pool tells who made it")
    assert _inventory(service, "A")["short"] == ["heat_energy.sold"]


def test_before_the_boiler_the_heat_is_bought_from_outside(begun: Start) -> None:
    """Ten days by the factor of bought heat, 20 by the boiler's pool."""
    service = begun(since="2023-06-11")
    expected = pytest.approx(40 / 3 * 110 + 80 / 3 * PER_GJ)
    assert _scope2(_inventory(service, "B")) == expected
    found = service.get("/emissions", **JUNE, step="month", by="enterprise", area="B")["series"]
    assert math.fsum(each["values"][0] for each in found) == expected
    days = service.get("/emissions", **JUNE, step="day", by="enterprise", area="B")["series"]
    outside, made = (each["values"] for each in days)
    assert [value is None for value in outside] == [False] * 10 + [True] * 20
    assert [value is None for value in made] == [True] * 10 + [False] * 20
    assert (
        math.fsum(part["kg"] for part in service.get("/trace/emissions", **JUNE, area="B")["parts"])
        == expected
    )


def test_a_meter_in_another_unit_than_its_pool_is_a_named_shortfall(start: Start) -> None:
    """A's boiler shows tonnes of steam, B's meter GJ: what B has of the pool nobody can tell."""
    site = _site(sale=False, since=None, back=False, zone="Asia/Shanghai")
    steam = {"A-HEAT": "steam_mass", "B-HEAT": "steam_energy", "D-HEAT": "steam_energy"}
    meters = (m.model_copy(update={"carrier": "steam"}) if m.code in steam else m for m in site.meters)
    service = start(site.model_copy(update={"meters": tuple(meters)}))
    service.post(
        [
            {"meter": code, "time": at, "values": {steam.get(code, name): share * total}}
            for code, totals in TOTALS.items()
            if code not in {"A-SOLD", "A-BACK"}
            for name, total in totals.items()
            for share, at in enumerate(EDGES)
        ]
    )
    service.settle()
    found = _inventory(service, "B")
    assert found["short"][:1] == ["steam_energy"]
    told = found["lines"][0]["shortfalls"][0]["reason"]
    assert "B-HEAT shows steam_energy" in told or "A-HEAT shows steam_mass" in told


def test_neighbours_that_sell_to_each_other_come_to_what_the_park_emits(begun: Start) -> None:
    """Of B's 40 GJ 5 go back to A, whose pool they mix into."""
    service = begun(back=True)
    found = [_inventory(service, area, "cn-enterprise")["scopes"] for area in "ABCD"]
    assert math.fsum(kg["CO2"] for scopes in found for kg in scopes.values()) == pytest.approx(GAS + POWER)
    mixed = GAS / 100
    assert _scope2(_inventory(service, "B")) == pytest.approx(40 * mixed)
    assert _scope2(_inventory(service, "A")) == pytest.approx(POWER + 5 * mixed)


@pytest.mark.parametrize("month", ["2023-03", "2023-10"])
def test_months_of_a_day_with_23_or_25_hours_hold_all_of_it(begun: Start, month: str) -> None:
    first = datetime.fromisoformat(f"{month}-01").replace(tzinfo=BERLIN)
    last = first + timedelta(days=31)
    service = begun(edges=(first.isoformat(), last.isoformat()), zone="Europe/Berlin")
    found = service.get("/inventory", period=month, area="B")
    assert _scope2(found) == pytest.approx(40 * PER_GJ)
    asked = {"from": f"{month}-01", "to": f"{last:%Y-%m-%d}", "by": "enterprise", "area": "B"}
    for step in ("day", "hour", "month"):
        [series] = service.get("/emissions", **asked, step=step)["series"]
        assert math.fsum(series["values"]) == pytest.approx(40 * PER_GJ)
    order = {"area": "B", "period": month, "who": "li.na"}
    closed = service.call("POST", "/api/v1/periods", json=order).json()
    assert service.get(f"/periods/{closed['id']}/recomputation")["same"]


def test_the_live_page_rates_it_by_what_the_pool_carried_lately(begun: Start) -> None:
    """Since yesterday: what B has is rated at 64.865664 kg/GJ, and not by the 110 of bought heat."""
    now = datetime.now(SHANGHAI).replace(microsecond=0)
    first = (now - timedelta(days=1)).replace(hour=0, minute=0, second=0)
    service = begun(edges=(first.isoformat(), (now - timedelta(seconds=30)).isoformat()))
    service.post([{"meter": "B-HEAT", "time": now.isoformat(), "values": {"heat_power": 1000.0}}])
    service.settle()
    rows = {row["meter"]: row for row in service.tick()["meters"]}
    assert rows["B-HEAT"]["co2_kg_per_h"] == pytest.approx(3.6 * PER_GJ, rel=1e-6)
