"""Pools, converters, storages and neighbours, as the API answers them."""

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
JSON = Service = Any
Start = Callable[..., Service]
FACTOR = 0.4419
"""Of Guangdong in 2023 [kg/kWh]."""
AREAS = [
    {"code": "park", "kind": "park", "name": {"en": "Park", "zh": "园区"}},
    {"code": "A", "kind": "enterprise", "name": {"en": "A", "zh": "甲"}, "parent": "park"},
    {"code": "B", "kind": "enterprise", "name": {"en": "B", "zh": "乙"}, "parent": "park"},
]
DAY = {"from": "2023-10-05", "to": "2023-10-06", "step": "day"}


def meter(code: str, area: str, role: str = "load", **rest: JSON) -> dict[str, JSON]:
    named = {"en": code, "zh": code}
    return {"code": code, "name": named, "area": area, "role": role, "source": "push", **rest}


def site(meters: Iterable[dict[str, JSON]], converters: Iterable[dict[str, JSON]] = ()) -> Site:
    return Site.model_validate(
        {
            "code": "park",
            "name": {"en": "Park", "zh": "园区"},
            "zone": "Asia/Shanghai",
            "region": "CN-GD",
            "areas": AREAS,
            "sources": [{"kind": "push", "code": "push"}],
            "meters": list(meters),
            "converters": [{"name": {"en": "C", "zh": "设备"}, **each} for each in converters],
        }
    )


def shown(service: Service, **totals: dict[str, float]) -> None:
    """Counters of meters that rise evenly over the day to these totals."""
    start = datetime.fromisoformat("2023-10-05T00:00:00+08:00")
    service.post(
        [
            {
                "meter": code.replace("_", "-"),
                "time": (start + timedelta(minutes=15 * n)).isoformat(),
                "values": {name: total * n / 96 for name, total in values.items()},
            }
            for code, values in totals.items()
            for n in range(97)
        ]
    )
    service.settle()


def pool(found: JSON, area: str, carrier: str = "electricity") -> JSON:
    return next(each for each in found["pools"] if (each["area"], each["carrier"]) == (area, carrier))


def row(of: JSON, part: str, meter: str | None = None) -> JSON:
    [one] = [each for each in of["rows"] if each["part"] == part and meter in (None, each["meter"])]
    return one


def total(found: JSON, *parts: str) -> float:
    """CO2 of all rows of these kinds [kg]."""
    return math.fsum(
        value
        for each in found["pools"]
        for one in each["rows"]
        if one["part"] in parts
        for value in one["carried"]["CO2"]
    )


def near(value: JSON) -> JSON:
    """The same but for the last digits of its numbers."""
    if isinstance(value, dict):
        return {key: near(each) for key, each in value.items()}
    if isinstance(value, list):
        return [near(each) for each in value]
    return round(value, 9) + 0.0 if isinstance(value, float) else value


def rest(found: JSON) -> float:
    return math.fsum(value for each in found["pools"] for value in each["rest_carried"]["CO2"])


def test_grid_and_roof_mix_and_what_no_meter_shows_is_the_rest(start: Start) -> None:
    """300 kWh bought and 100 made: 0.75 of the factor for everybody."""
    meters = meter("M", "park", "boundary"), meter("PV", "park", "generation"), meter("L", "park")
    service = start(site(meters))
    shown(service, M={"energy_import": 300}, PV={"energy_export": 100}, L={"energy_import": 380})
    found = service.get("/pools", **DAY)
    of = pool(found, "park")
    assert of["entered"] == [pytest.approx(400)]
    assert of["rate"]["CO2"] == [pytest.approx(0.75 * FACTOR)]
    assert of["rest"] == [pytest.approx(20)]
    assert row(of, "used")["carried"]["CO2"] == [pytest.approx(380 * 0.75 * FACTOR)]
    assert (of["self_consumption"], of["self_sufficiency"]) == ([pytest.approx(1)], [pytest.approx(0.25)])
    assert found["factors"][0]["value"] == FACTOR
    assert found["shortfalls"] == []


def test_a_compressor_that_serves_a_neighbour(start: Start) -> None:
    """A's compressor takes 50 kWh and gives 400 m3, of which B gets 100 through its own air meter."""
    air = {"carrier": "compressed_air"}
    meters = (
        meter("P", "park", "boundary"),
        meter("A-M", "A", "boundary", parent="P"),
        meter("B-M", "B", "boundary", parent="P"),
        meter("A-K", "A", parent="A-M"),
        meter("A-AIR", "A", **air),
        meter("A-USE", "A", parent="A-AIR", **air),
        meter("B-AIR", "B", "boundary", parent="A-AIR", **air),
    )
    service = start(
        site(meters, [{"code": "K", "kind": "compressor", "inputs": ["A-K"], "outputs": ["A-AIR"]}])
    )
    shown(
        service,
        P={"energy_import": 200},
        A_M={"energy_import": 120},
        B_M={"energy_import": 80},
        A_K={"energy_import": 50},
        A_AIR={"air_volume": 400},
        A_USE={"air_volume": 300},
        B_AIR={"air_volume": 100},
    )
    found = service.get("/pools", **DAY)
    air_of_b = pool(found, "B", "compressed_air")
    assert row(air_of_b, "received")["other"] == "A"
    assert row(air_of_b, "received")["carried"]["CO2"] == [pytest.approx(12.5 * FACTOR)]
    [series] = found["converters"]
    assert series["carried"]["CO2"] == [pytest.approx(50 * FACTOR)]
    for area in ("park", "A", "B"):
        alone = service.get("/pools", **DAY, area=area)
        assert near(alone["pools"]) == near([each for each in found["pools"] if each["area"] == area])
    assert near(alone["converters"]) == near(found["converters"])
    assert total(found, "sent") == pytest.approx(total(found, "received"))
    assert total(found, "used", "exported") + rest(found) == pytest.approx(total(found, "bought"), rel=1e-9)


def test_a_boiler_turns_gas_into_steam_for_a_chiller(start: Start) -> None:
    """100 m3 of gas at 0 degC carry what its factor says, and all of it reaches the cooling."""
    meters = (
        meter("G", "park", "boundary", carrier="gas"),
        meter("BG", "park", carrier="gas", parent="G"),
        meter("ST", "park", carrier="steam"),
        meter("CS", "park", carrier="steam", parent="ST"),
        meter("CO", "park", carrier="cooling"),
    )
    chain = (
        {"code": "BOILER", "kind": "boiler", "inputs": ["BG"], "outputs": ["ST"]},
        {"code": "CHILLER", "kind": "chiller", "inputs": ["CS"], "outputs": ["CO"]},
    )
    service = start(site(meters, chain))
    shown(
        service,
        G={"gas_volume_0c": 100},
        BG={"gas_volume_0c": 100},
        ST={"steam_energy": 3.5},
        CS={"steam_energy": 3.5},
        CO={"cooling_energy": 2.4},
    )
    found = service.get("/pools", **DAY)
    bought = row(pool(found, "park", "gas"), "bought")["carried"]["CO2"][0]
    assert bought > 150
    cooling = pool(found, "park", "cooling")
    assert row(cooling, "converted")["carried"]["CO2"] == [pytest.approx(bought)]
    assert cooling["rest_carried"]["CO2"] == [pytest.approx(bought)]
    boiler = next(each for each in found["converters"] if each["code"] == "BOILER")
    assert (boiler["taken_gj"], boiler["given_gj"]) == ([None], [pytest.approx(3.5)])


def test_electricity_of_a_chp_is_own_generation(start: Start) -> None:
    """60 kWh bought and 40 made, 10 of which are fed in: 30 of 90 used are its own."""
    meters = (
        meter("M", "park", "boundary"),
        meter("G", "park", "boundary", carrier="gas"),
        meter("CHP-G", "park", carrier="gas", parent="G"),
        meter("CHP-E", "park"),
        meter("CHP-H", "park", carrier="heat"),
    )
    made = {"code": "CHP", "kind": "chp", "inputs": ["CHP-G"], "outputs": ["CHP-E", "CHP-H"]}
    service = start(site(meters, [made]))
    shown(
        service,
        M={"energy_import": 60, "energy_export": 10},
        G={"gas_volume_0c": 12},
        CHP_G={"gas_volume_0c": 12},
        CHP_E={"energy_import": 40},
        CHP_H={"heat_energy": 0.2},
    )
    of = pool(service.get("/pools", **DAY), "park")
    assert of["self_consumption"] == [pytest.approx(30 / 40)]
    assert of["self_sufficiency"] == [pytest.approx(30 / 90)]


def test_feed_in_and_what_neighbours_get_of_it(start: Start) -> None:
    """A makes 100 and uses 60: 40 go to the park, which buys 160 and gives 200 to B."""
    meters = (
        meter("P", "park", "boundary"),
        meter("A-M", "A", "boundary", parent="P"),
        meter("B-M", "B", "boundary", parent="P"),
        meter("A-PV", "A", "generation", parent="A-M"),
    )
    service = start(site(meters))
    shown(
        service,
        P={"energy_import": 160, "energy_export": 0},
        A_M={"energy_import": 0, "energy_export": 40},
        B_M={"energy_import": 200},
        A_PV={"energy_export": 100},
    )
    found = service.get("/pools", **DAY)
    assert pool(found, "A")["rate"]["CO2"] == [pytest.approx(0)]
    assert pool(found, "A")["self_consumption"] == [pytest.approx(0.6)]
    assert pool(found, "park")["rate"]["CO2"] == [pytest.approx(0.8 * FACTOR)]
    assert pool(found, "B")["rest_carried"]["CO2"] == [pytest.approx(160 * FACTOR)]


def test_recovered_heat_carries_nothing_and_has_its_rate(start: Start) -> None:
    """50 kWh are 0.18 GJ, of which 0.8 could be recovered and 0.09 GJ were: 0.625."""
    meters = (
        meter("M", "park", "boundary"),
        meter("K", "park"),
        meter("AIR", "park", carrier="compressed_air"),
        meter("R", "park", carrier="recovered_heat"),
    )
    made = {"inputs": ["K"], "outputs": ["AIR"], "recovered": ["R"], "recoverable_share": 0.8}
    service = start(site(meters, [{"code": "C", "kind": "compressor", **made}]))
    shown(
        service,
        M={"energy_import": 60},
        K={"energy_import": 50},
        AIR={"air_volume": 400},
        R={"recovered_heat_energy": 0.09},
    )
    found = service.get("/pools", **DAY)
    [series] = found["converters"]
    assert series["recovery_rate"] == [pytest.approx(0.625)]
    assert {each["carrier"] for each in found["pools"]} == {"electricity", "compressed_air"}
    assert row(pool(found, "park", "compressed_air"), "converted")["carried"]["CO2"] == [
        pytest.approx(50 * FACTOR)
    ]


def test_a_battery_gives_what_it_took_with_its_losses(start: Start) -> None:
    """Ten kWh of the grid go in by night; nine come out by day and carry all of it."""
    meters = meter("M", "park", "boundary"), meter("BAT", "park", "generation"), meter("L", "park")
    battery = {"code": "S", "kind": "storage", "inputs": ["BAT"], "outputs": ["BAT"], "efficiency": 0.9}
    service = start(site(meters, [battery]))
    begun = datetime.fromisoformat("2023-10-05T00:00:00+08:00")
    rows: list[JSON] = []
    for n in range(97):
        night, day = min(n, 48) / 48, max(n - 48, 0) / 48
        for code, values in (
            ("M", {"energy_import": 10 * night + 20 * day}),
            ("BAT", {"energy_import": 10 * night, "energy_export": 9 * day}),
            ("L", {"energy_import": 29 * day}),
        ):
            rows.append(
                {"meter": code, "time": (begun + timedelta(minutes=15 * n)).isoformat(), "values": values}
            )
    service.post(rows)
    service.settle()
    found = service.get("/pools", **DAY)
    of = pool(found, "park")
    assert row(of, "discharged")["carried"]["CO2"] == [pytest.approx(10 * FACTOR)]
    assert row(of, "used")["carried"]["CO2"] == [pytest.approx(30 * FACTOR)]
    [series] = found["converters"]
    assert (series["taken_gj"], series["given_gj"]) == ([pytest.approx(0.036)], [pytest.approx(0.0324)])
    assert series["carried"]["CO2"] == [pytest.approx(10 * FACTOR)]
    assert series["content"]["CO2"] == pytest.approx(0, abs=1e-9)
    assert series["unfilled"] == pytest.approx(0, abs=1e-9)


def test_a_converter_that_begins_later_changes_nothing_before(start: Start) -> None:
    meters = (
        meter("M", "park", "boundary"),
        meter("K", "park"),
        meter("AIR", "park", carrier="compressed_air"),
    )
    later = {"code": "C", "kind": "compressor", "inputs": ["K"], "outputs": ["AIR"], "from": "2023-10-06"}
    service = start(site(meters, [later]))
    shown(service, M={"energy_import": 60}, K={"energy_import": 50}, AIR={"air_volume": 400})
    found = service.get("/pools", **DAY)
    assert row(pool(found, "park"), "used", "K")["values"] == [pytest.approx(50)]
    assert found["converters"] == []


def test_what_is_not_known_is_not_zero(start: Start) -> None:
    """The generator was never heard of: how much of the mix is its own nobody knows."""
    meters = (
        meter("M", "park", "boundary"),
        meter("X", "park", carrier="gas", role="boundary"),
        meter("K", "park"),
    )
    made = {"code": "C", "kind": "chp", "inputs": ["X2"], "outputs": ["E"]}
    chp = meter("X2", "park", carrier="gas", parent="X"), meter("E", "park")
    service = start(site((*meters, *chp), [made]))
    shown(service, M={"energy_import": 60}, K={"energy_import": 50})
    of = pool(service.get("/pools", **DAY), "park")
    assert (of["entered"], of["rate"]["CO2"], of["known"]) == ([None], [None], [0.0])


def test_an_area_that_is_not_there_is_named(start: Start) -> None:
    service = start(site([meter("M", "park", "boundary")]))
    response = service.call("GET", "/api/v1/pools", params={"area": "nowhere"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "area"
