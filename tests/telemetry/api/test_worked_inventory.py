"""An enterprise and the neighbour that its compressor serves, as docs/inventory.md reckons them by hand."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from telemetry.model import Site
from telemetry.reports import periods
from telemetry.reports.frozen import collect

pytestmark = pytest.mark.database
JSON = Service = Any
AIR = {"location": "1104.75", "market": "1524.00"}
"""What the air of B was made of carries, on each basis [kg]."""
JUNE = {"from": "2023-06-01", "to": "2023-07-01", "step": "month"}
EDGES = "2023-06-01T00:00:00+08:00", "2023-07-01T00:00:00+08:00"
AMOUNTS: Mapping[str, Mapping[str, float]] = {
    "A-M": {"energy_import": 100_000, "energy_export": 5_000},
    "A-PV": {"energy_export": 20_000},
    "A-K": {"energy_import": 12_000},
    "A-AIR": {"air_volume": 96_000},
    "B-AIR": {"air_volume": 24_000},
    "A-GAS": {"gas_volume_20c": 20_000},
    "A-STEAM": {"steam_energy": 300},
    "A-WATER": {"water_volume": 1_000},
    "A-HEAT": {"heat_energy": 50},
}
WHO = {"enterprise": "A", "period": "2023-06", "who": "li.na"}
RECORDS: Mapping[str, Sequence[Mapping[str, JSON]]] = {
    "activities": (
        {**WHO, "kind": "diesel", "amount": 2.0, "unit": "t", "document": "invoice 7"},
        {**WHO, "kind": "r410a", "amount": 5.0, "unit": "kg", "document": "service 3"},
    ),
    "certificates": (
        {
            "registry_id": "GEC-1",
            "vintage": "2023",
            "mwh": 60.0,
            "technology": "wind",
            "generator": "Yangjiang 2",
            "consumer": "A",
            "interval": "2023-06",
            "who": "li.na",
        },
    ),
}


def _meter(code: str, role: str, **rest: JSON) -> dict[str, JSON]:
    names = {"en": code, "zh": code}
    return {
        "code": code,
        "name": names,
        "area": code[0],
        "role": role,
        "source": "push",
        "max_gap_s": 3e6,
        **rest,
    }


def _site() -> Site:
    air = {"carrier": "compressed_air"}
    above = {"park": None, "A": "park", "B": "park"}
    return Site.model_validate(
        {
            "code": "park",
            "name": {"en": "Park", "zh": "园区"},
            "zone": "Asia/Shanghai",
            "region": "CN-GD",
            "areas": [
                {
                    "code": code,
                    "kind": "enterprise" if parent else "park",
                    "name": {"en": code, "zh": code},
                    **({"parent": parent} if parent else {}),
                }
                for code, parent in above.items()
            ],
            "sources": [{"kind": "push", "code": "push"}],
            "meters": [
                _meter("A-M", "boundary"),
                _meter("A-PV", "generation", parent="A-M"),
                _meter("A-K", "load", parent="A-M"),
                _meter("A-AIR", "load", **air),
                _meter("B-AIR", "boundary", parent="A-AIR", **air),
                _meter("A-GAS", "boundary", carrier="gas"),
                _meter("A-STEAM", "boundary", carrier="steam"),
                _meter("A-WATER", "boundary", carrier="water"),
                _meter("A-HEAT", "sale", carrier="heat"),
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


def _settled(start: Callable[..., Service]) -> Service:
    service = start(_site())
    service.post(
        [
            {"meter": code, "time": at, "values": {name: share * total for name, total in amounts.items()}}
            for code, amounts in AMOUNTS.items()
            for share, at in enumerate(EDGES)
        ]
    )
    for place, rows in RECORDS.items():
        assert service.call("POST", f"/api/v1/{place}", json=rows).status_code == 200
    service.settle()
    return service


@pytest.fixture
def service(start: Callable[..., Service]) -> Service:
    return _settled(start)


@pytest.fixture(scope="module")
def unchanged(start_for_file: Callable[..., Service]) -> Service:
    """For what changes nothing: one service for all of it."""
    return _settled(start_for_file)


def _carried(found: JSON, area: str, carrier: str, part: str, **like: str) -> str:
    """CO2 [kg] of a pool's rows of one kind, to the cent as the document prints it."""
    pool = next(each for each in found["pools"] if (each["area"], each["carrier"]) == (area, carrier))
    rows = [row for row in pool["rows"] if row["part"] == part and like.items() <= row.items()]
    return f"{math.fsum(row['carried']['CO2'][0] for row in rows):.2f}"


def test_the_neighbours_air_carries_its_part_of_grid_and_roof(unchanged: Service) -> None:
    found = unchanged.get("/pools", **JUNE)
    power, air = "electricity", "compressed_air"
    assert _carried(found, "A", power, "bought") == "44190.00"
    assert _carried(found, "A", power, "exported") == "1841.25"
    assert _carried(found, "A", power, "taken", converter="K") == "4419.00"
    assert _carried(found, "A", air, "converted", converter="K") == "4419.00"
    assert _carried(found, "A", air, "sent", other="B") == "1104.75"
    assert _carried(found, "B", air, "received", other="A") == "1104.75"


def test_what_roof_and_grid_share_out_is_told(unchanged: Service) -> None:
    """15 000 of 20 000 kWh made are used, and 115 000 are used in all."""
    found = unchanged.get("/pools", **JUNE)
    of = next(each for each in found["pools"] if (each["area"], each["carrier"]) == ("A", "electricity"))
    assert f"{of['rate']['CO2'][0]:.5f}" == "0.36825"
    assert f"{of['self_consumption'][0]:.4f}" == "0.7500"
    assert f"{of['self_sufficiency'][0]:.4f}" == "0.1304"


CENTS = {
    "ghgp": {
        "location": "77190.00",
        "market": "57384.00",
        "avoided": {"CO2": "7709.50"},
        "per_tce": "2.6904",
    },
    "cn-enterprise": {"location": "69480.50", "market": "49674.50", "avoided": {}, "per_tce": "2.5228"},
}


def test_every_total_of_a_is_the_document_s_to_the_last_digit(unchanged: Service) -> None:
    for rules, told in CENTS.items():
        asked = {"period": "2023-06", "area": "A", "rules": rules, "amounts_percent": 2, "factors_percent": 5}
        found = unchanged.get("/inventory", **asked)
        assert _cents(found["scopes"]["1"]) == {"CO2": "46583.74", "CO2e": "9617.50"}
        assert _cents(found["scopes"]["2"]) == {"CO2": told["location"]}
        assert _cents(found["scope2_market"]) == {"CO2": told["market"]}
        assert _cents(found["avoided"]) == told["avoided"]
        assert f"{found['tco2_per_tce']:.4f}" == told["per_tce"]
        assert (f"{found['coal']['calorific']:.4f}", found["short"]) == ("46.0059", [])
        assert {gas: f"{found['uncertainty'][gas]:.4f}" for gas in ("CO2", "CO2e")} == {
            "CO2": "2.9843",
            "CO2e": "5.3852",
        }
        served = _cents(found["market"]["served"])
        assert (served["certificate"], served["residual"]) == ("60000.00", "40000.00")


def test_standard_coal_of_a_is_the_document_s_line_by_line(unchanged: Service) -> None:
    """Gas is 18 635.51 m3 at 0 degC by what it is worth: 1.2143 kgce each."""
    worth = unchanged.get("/inventory", period="2023-06", area="A")["coal"]["lines"]
    assert {name: f"{tce:.4f}" for name, tce in worth.items() if tce} == {
        "energy_import": "12.2900",
        "energy_export": "-0.6145",
        "gas_volume_20c": "22.6291",
        "steam_energy": "10.2360",
        "diesel": "2.9142",
        "water_volume": "0.2571",
        "heat_energy.sold": "-1.7060",
    }
    assert f"{worth['gas_volume_20c'] / 1.2143e-3:.2f}" == "18635.51"


def test_every_line_of_a_is_the_document_s_to_the_last_digit(unchanged: Service) -> None:
    found = unchanged.get("/inventory", period="2023-06", area="A")
    assert {line["name"]: next(iter(_cents(line["kg"]).values())) for line in found["lines"]} == {
        "gas_volume_20c": "40293.49",
        "diesel": "6290.24",
        "r410a": "9617.50",
        "energy_import": "44190.00",
        "steam_energy": "33000.00",
        "energy_export": "2209.50",
        "heat_energy.sold": "5500.00",
    }


def _cents(masses: Mapping[str, float]) -> dict[str, str]:
    return {gas: f"{kg:.2f}" for gas, kg in masses.items()}


def test_the_neighbours_inventory_counts_its_air_by_what_the_pool_carries(unchanged: Service) -> None:
    found = unchanged.get("/inventory", period="2023-06", area="B")
    [line] = [each for each in found["lines"] if each["name"] == "air_volume"]
    assert (line["scope"], f"{line['kg']['CO2']:.2f}", found["short"]) == ("2", "1104.75", [])
    assert "cn.grid.province.gd.2023" in {each["id"] for each in line["factors"]}
    assert f"{found['scopes']['2']['CO2']:.2f}" == "1104.75"
    assert f"{found['coal']['lines']['air_volume']:.4f}" == "0.9600"


def test_the_neighbours_closed_month_holds_what_its_air_was_made_of(service: Service) -> None:
    """2 500 of A's 10 000 bought kWh that its compressor's mix took went into B's air."""
    order = {"area": "B", "period": "2023-06", "who": "li.na"}
    closed = service.call("POST", "/api/v1/periods", json=order).json()
    told = {each["name"]: each["closed"] for each in closed["figures"]}
    assert f"{told['emission.location.scope2.CO2']:.2f}" == "1104.75"
    assert f"{told['emission.market.scope2.CO2']:.2f}" == "1524.00"
    rows = [json.loads(each) for each in service.get(f"/periods/{closed['id']}/rows")["lines"]]
    origins = [row for row in rows if row["sort"] == "origin"]
    assert {(row["through"], row["meter"], row["quantity"]) for row in origins} == {
        ("B-AIR", "A-M", "energy_import")
    }
    origins = [row for row in origins if row["basis"] == "location"]
    assert (len(origins), f"{math.fsum(row['amount'] for row in origins):.2f}") == (30, "2500.00")
    assert service.get(f"/periods/{closed['id']}/recomputation")["same"]
    for basis, kg in AIR.items():
        found = service.get("/emissions", **JUNE, by="enterprise", area="B", state="closed", basis=basis)
        [series] = [each for each in found["series"] if each["quantity"] == "air_volume"]
        assert f"{series['values'][0]:.2f}" == kg
    assert service.get(f"/periods/{closed['id']}")["figures"][0]["drift"] == 0


def test_a_month_whose_rows_differ_by_rounding_alone_stands(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine's solver may end in other digits."""
    order = {"area": "B", "period": "2023-06", "who": "li.na"}
    assert service.call("POST", "/api/v1/periods", json=order).json()["new"]
    for nudge, status in ((1 + 4e-16, 200), (1 + 1e-6, 422)):

        def nudged(*asked: JSON, by: float = nudge, **rest: JSON) -> list[JSON]:
            rows = collect(*asked, **rest)
            return [row | {"amount": row["amount"] * by} if row["sort"] == "origin" else row for row in rows]

        monkeypatch.setattr(periods, "collect", nudged)
        assert service.call("POST", "/api/v1/periods", json=order).status_code == status


def test_the_closed_month_of_a_takes_off_what_it_fed_in_and_sold(service: Service) -> None:
    order = {"area": "A", "period": "2023-06", "who": "li.na"}
    closed = service.call("POST", "/api/v1/periods", json=order).json()
    told = {each["name"]: each["closed"] for each in closed["figures"]}
    assert (f"{told['tce']:.4f}", f"{told['sold.heat_energy']:.2f}") == ("46.0059", "50.00")
    assert f"{told['emission.location.sold.CO2']:.2f}" == "7709.50"
    again = service.get(f"/periods/{closed['id']}/recomputation")
    assert (again["same"], again["differences"]) == (True, [])
    assert f"{service.get('/intensity', period='2023-06', area='A')['tce']:.4f}" == "46.0059"


def test_the_neighbours_emissions_by_month_and_day_hold_its_air(unchanged: Service) -> None:
    for basis, kg in AIR.items():
        month = unchanged.get("/emissions", **JUNE, by="enterprise", area="B", basis=basis)["series"]
        assert [(each["quantity"], f"{each['values'][0]:.2f}") for each in month] == [("air_volume", kg)]
    days = unchanged.get("/emissions", **(JUNE | {"step": "day"}), by="area")["series"]
    [air] = [each for each in days if each["quantity"] == "air_volume"]
    assert (air["key"], len(air["values"]), f"{math.fsum(air['values']):.2f}") == ("B", 30, "1104.75")
    assert air["factors"][0]["id"] == "cn.grid.province.gd.2023"


def test_the_neighbours_air_is_traced_to_what_was_bought_for_it(unchanged: Service) -> None:
    asked = {"from": "2023-06-01", "to": "2023-07-01", "area": "B"}
    for basis, kg in AIR.items():
        found = unchanged.get("/trace/emissions", **asked, basis=basis)
        [part] = found["parts"]
        assert (part["through"], part["meter"], part["quantity"]) == ("B-AIR", "A-M", "energy_import")
        assert (f"{part['amount']:.2f}", f"{part['kg']:.2f}") == ("2500.00", kg)
        rate = {"location": "0.4419", "market": "0.6096"}[basis]
        assert part["formula"] == f"2500 kWh x {rate} kgCO2/kWh"
        assert part["factor"]["region"] == {"location": "CN-GD", "market": "CN"}[basis]
        assert [f"{each['kg']:.2f}" for each in found["figures"]] == [kg]
        behind = [each for each in part["traces"] if "meter=B-AIR&quantity=air_volume" in each]
        assert behind
        assert any("meter=A-M&quantity=energy_import" in each for each in part["traces"])


def test_the_park_counts_the_neighbours_air_once(unchanged: Service) -> None:
    found = unchanged.get("/inventory", period="2023-06", area="park")
    assert "air_volume" not in {each["name"] for each in found["lines"]}


def test_what_passes_the_parks_boundary_meters_by_is_named(unchanged: Service) -> None:
    """A's meters are fed from outside, and the park has none of its own."""
    found = unchanged.get("/inventory", period="2023-06", area="park")["short"]
    assert [each for each in found if each.startswith("A-STEAM")] == [
        "A-STEAM: steam enters A from outside, past the boundary meters of park"
    ]
    assert {each.partition(":")[0] for each in found} == {"A-M", "A-GAS", "A-STEAM"}
    assert unchanged.get("/inventory", period="2023-06", area="A")["short"] == []
