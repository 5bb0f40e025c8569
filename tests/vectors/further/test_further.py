"""Further vectors, by hand from published factors, each answered by the function that the product calls."""

import csv
import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import yaml

from accounting import coal, fuels, gwp, scope1, steam
from accounting.emissions import choose_for, emitted
from accounting.factors import Factor, FactorSet, choose, parse
from accounting.grid import HOUR_US, SLOT_US, Grid, local_day_edges
from accounting.intervals import Readings, settle
from accounting.scope2 import Instruments, Tier, location, market
from accounting.sources import RESIDUAL, normal_volume
from accounting.uncertainty import of_product, of_sum
from telemetry.reports.steam import enthalpies

HERE = Path(__file__).parent
FACTORS = HERE.parents[2] / "config" / "factors"
VECTORS = json.loads((HERE / "further.json").read_text("utf-8"))
TODAY = date(2026, 11, 26)

Inputs = dict[str, Any]
Answer = dict[str, float]


def table(path: str) -> list[dict[str, str]]:
    with (FACTORS / path).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def listed(code: str) -> tuple[Factor, ...]:
    header = FactorSet(**yaml.safe_load((FACTORS / code / "set.yaml").read_text("utf-8")))
    return parse(header, table(f"{code}/factors.csv"))


def one(amount: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([[float(amount)]])


def international_fuel(given: Inputs) -> Answer:
    """Burnt by parameters, and what the library lists per TJ."""
    tonnes = scope1.burnt(one(given["t"]), given["NCV_GJ_per_t"], given["kgC_per_GJ"] / 1e3)
    [factor] = [each for each in listed("ipcc-2006") if each.id == f"ipcc2006.{given['item']}.co2.tj"]
    terajoules = given["t"] * given["NCV_GJ_per_t"] / 1e3
    return {"burnt": float(tonnes[0, 0]) * 1e3 / terajoules, "listed": factor.kg}


def chinese_fuel(given: Inputs) -> Answer:
    fuel = fuels.parse(table("cn-industry-guideline/fuels.csv"))[f"cnA.{given['item']}"]
    told = (given["NCV_GJ"], given["tC_per_GJ"], given["oxidation"])
    assert (fuel.heating_value, fuel.carbon, fuel.oxidation) == told
    tonnes = scope1.burnt(one(given["amount"]), fuel.heating_value, fuel.carbon, fuel.oxidation)
    return {"tCO2": float(tonnes[0, 0])}


def top_up(given: Inputs) -> Answer:
    lost = float(scope1.escaped(0.0, given["kg"], 0.0))
    potentials = gwp.parse(table("ipcc-gwp/gwp.csv"))
    return {"kgCO2e": gwp.co2e(potentials, given["report"], {given["gas"]: lost})}


def chosen(day: date, regions: Sequence[str]) -> tuple[float, float]:
    """The grid's average and its residual factor [kg/kWh]."""
    factors = tuple(each for year in (2021, 2022, 2023) for each in listed(f"cn-mee-{year}"))
    average = choose_for(factors, "energy_import", day=day, known=TODAY, regions=regions)
    residual = choose(
        factors, day=day, known=TODAY, regions=regions, purpose=RESIDUAL.purpose, item=RESIDUAL.item
    )
    assert average is not None
    assert average.factor is not None
    assert residual.factor is not None
    return average.factor.kg, residual.factor.kg


def both_bases(given: Inputs) -> Answer:
    average, residual = chosen(date.fromisoformat(given["day"]), given["regions"])
    assert (average, residual) == (given["grid_avg"], given["residual"])
    certificate = Instruments(
        ("GEC",),
        np.array([Tier.CERTIFICATE], np.int8),
        np.array([float(given["eac_kWh"])]),
        np.zeros(1),
        np.zeros(1, np.int64),
        np.ones(1, np.int64),
        np.ones((1, 1), bool),
    )
    load = one(given["kWh"])
    by_market = market(load, certificate, residual, average).kg.sum()
    return {"location_t": float(location(load, average).sum()) / 1e3, "market_t": float(by_market) / 1e3}


def standard_coal(given: Inputs) -> Answer:
    coefficients = coal.parse(table("cn-gbt2589-coal/coal.csv"))
    rate = coal.rate(coefficients, given["quantity"], date.fromisoformat(given["day"]))
    return {"tce": float(coal.worth(one(given["amount"]), rate)[0, 0])}


def steam_heat(given: Inputs) -> Answer:
    celsius = np.nan if given["degC"] is None else given["degC"]
    state, dry = enthalpies(np.array([float(given["kPa"])]), np.array([celsius]))
    return {"GJ": float(steam.heat(one(given["t"]), state, dry)[0, 0])}


def uncertain(given: Inputs) -> Answer:
    return {"percent": of_sum(given["kg"], of_product(given["amounts"], given["factors"]))}


def normal_gas(given: Inputs) -> Answer:
    found = float(scope1.at_zero(one(given["m3"]), given["degC"], given["kPa"])[0, 0])
    if given["kPa"] == 101.325:
        assert found == pytest.approx(given["m3"] * normal_volume(given["degC"]))
    return {"normal_m3": found}


def metered(given: Inputs) -> Answer:
    begins_again = given["begins_again"]
    readings = Readings(
        meter=np.zeros(2, dtype=np.int32),
        time=np.array([0, HOUR_US]),
        value=np.array([given["before"], given["after"]]),
        multiplier=np.full(2, float(given["ratio"])),
        max_gap=np.array([3600.0]),
        rollover=np.array([np.nan if begins_again is None else float(begins_again)]),
    )
    kwh = float(settle(readings, Grid(0, 4)).amount.sum())
    coefficients = coal.parse(table("cn-gbt2589-coal/coal.csv"))
    return {"kWh": kwh, "tce": kwh * coal.rate(coefficients, "energy_import", TODAY)}


def local_day(given: Inputs) -> Answer:
    """A steady load over one day of the wall clock, from hourly readings that know nothing of it."""
    day = date.fromisoformat(given["day"])
    lo, hi = local_day_edges(ZoneInfo(given["zone"]), day, day).tolist()
    hours = np.arange(lo // HOUR_US - 1, hi // HOUR_US + 3)
    readings = Readings(
        meter=np.zeros(len(hours), dtype=np.int32),
        time=hours * HOUR_US,
        value=(hours - hours[0]) * float(given["kW"]),
        multiplier=np.ones(len(hours)),
        max_gap=np.array([3600.0]),
        rollover=np.array([np.nan]),
    )
    settled = settle(readings, Grid(lo, (hi - lo) // SLOT_US))
    assert settled.coverage.min() == pytest.approx(1)
    kg = emitted(settled.amount, np.array([given["kg_per_kWh"]]), np.zeros(settled.amount.shape[1], np.intp))
    return {"hours": (hi - lo) / HOUR_US, "kWh": float(settled.amount.sum()), "kgCO2": float(kg.sum())}


ANSWERS: dict[str, Callable[[Inputs], Answer]] = {
    "FUEL-IPCC-": international_fuel,
    "FUEL-CN-": chinese_fuel,
    "TOPUP-": top_up,
    "S2-": both_bases,
    "COAL-": standard_coal,
    "STEAM-": steam_heat,
    "UNC-": uncertain,
    "GAS-": normal_gas,
    "METER-": metered,
    "DAY-": local_day,
}


def test_there_are_further_vectors() -> None:
    assert len(VECTORS) == 93


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_further_vector(vector: dict[str, Any]) -> None:
    [answer] = [function for prefix, function in ANSWERS.items() if vector["id"].startswith(prefix)]
    got = answer(vector["inputs"])
    assert got.keys() == vector["expected"].keys()
    for name, expected in vector["expected"].items():
        assert got[name] == pytest.approx(expected, abs=vector["tolerance"], rel=0), name
