"""A roof that feeds in and a compressor that serves a neighbour, as docs/inventory.md reckons them."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
JSON = Service = Any
JUNE = {"from": "2023-06-01", "to": "2023-07-01", "step": "month"}
EDGES = "2023-06-01T00:00:00+08:00", "2023-07-01T00:00:00+08:00"
AMOUNTS: Mapping[str, Mapping[str, float]] = {
    "A-M": {"energy_import": 100_000, "energy_export": 5_000},
    "A-PV": {"energy_export": 20_000},
    "A-K": {"energy_import": 12_000},
    "A-AIR": {"air_volume": 96_000},
    "B-AIR": {"air_volume": 24_000},
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


@pytest.fixture
def service(start: Callable[..., Service]) -> Service:
    service = start(_site())
    service.post(
        [
            {"meter": code, "time": at, "values": {name: share * total for name, total in amounts.items()}}
            for code, amounts in AMOUNTS.items()
            for share, at in enumerate(EDGES)
        ]
    )
    service.settle()
    return service


def _carried(found: JSON, area: str, carrier: str, part: str, **like: str) -> str:
    """CO2 [kg] of a pool's rows of one kind, to the cent as the document prints it."""
    pool = next(each for each in found["pools"] if (each["area"], each["carrier"]) == (area, carrier))
    rows = [row for row in pool["rows"] if row["part"] == part and like.items() <= row.items()]
    return f"{math.fsum(row['carried']['CO2'][0] for row in rows):.2f}"


def test_the_neighbours_air_carries_its_part_of_grid_and_roof(service: Service) -> None:
    found = service.get("/pools", **JUNE)
    power, air = "electricity", "compressed_air"
    assert _carried(found, "A", power, "bought") == "44190.00"
    assert _carried(found, "A", power, "exported") == "1841.25"
    assert _carried(found, "A", power, "taken", converter="K") == "4419.00"
    assert _carried(found, "A", air, "converted", converter="K") == "4419.00"
    assert _carried(found, "A", air, "sent", other="B") == "1104.75"
    assert _carried(found, "B", air, "received", other="A") == "1104.75"


def test_what_roof_and_grid_share_out_is_told(service: Service) -> None:
    """15 000 of 20 000 kWh made are used, and 115 000 are used in all."""
    found = service.get("/pools", **JUNE)
    of = next(each for each in found["pools"] if (each["area"], each["carrier"]) == ("A", "electricity"))
    assert f"{of['rate']['CO2'][0]:.5f}" == "0.36825"
    assert f"{of['self_consumption'][0]:.4f}" == "0.7500"
    assert f"{of['self_sufficiency'][0]:.4f}" == "0.1304"


@pytest.mark.parametrize(("rules", "scope2"), [("ghgp", "44190.00"), ("cn-enterprise", "41980.50")])
def test_the_inventory_counts_what_crossed(service: Service, rules: str, scope2: str) -> None:
    found = service.get("/inventory", period="2023-06", area="A", rules=rules)
    assert f"{found['scopes']['2']['CO2']:.2f}" == scope2
    assert {gas: f"{kg:.2f}" for gas, kg in found["avoided"].items()} == (
        {"CO2": "2209.50"} if rules == "ghgp" else {}
    )


def test_the_neighbours_inventory_names_air_that_has_no_factor(service: Service) -> None:
    found = service.get("/inventory", period="2023-06", area="B")
    assert found["short"] == ["air_volume: what this air carries is told by the pools, it is in no total"]
    assert f"{found['coal']['lines']['air_volume']:.4f}" == "0.9600"
