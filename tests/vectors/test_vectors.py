"""Published worked examples, each answered by the function that the product calls."""

import csv
import json
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from accounting import coal, fuels, gwp
from accounting.emissions import choose_for, emitted, rate
from accounting.factors import FactorSet, parse
from accounting.grid import HOUR_US, Grid
from accounting.intervals import Readings, settle
from accounting.sources import SOURCES
from accounting.units import conversion

HERE = Path(__file__).parent
TODAY = date(2026, 11, 22)
FACTORS = HERE.parents[1] / "config" / "factors"
VECTORS = [vector for file in sorted(HERE.glob("*.json")) for vector in json.loads(file.read_text("utf-8"))]

Inputs = dict[str, Any]
Answer = dict[str, float]


def table(path: str) -> list[dict[str, str]]:
    with (FACTORS / path).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def coefficients() -> dict[str, coal.Coefficient]:
    return dict(coal.parse(table("cn-gbt2589-coal/coal.csv")))


@cache
def potentials() -> gwp.Potentials:
    return gwp.parse(table("ipcc-gwp/gwp.csv"))


def chinese_fuel(given: Inputs) -> Answer:
    row = table("cn-gbt2589-fuels/fuels.csv")[0] | {
        "ncv": str(given["NCV_kJ"]),
        "ncv_unit": "kJ/kg",
        "carbon_content": str(given["tC_per_TJ"]),
        "carbon_content_unit": "tC/TJ",
        "oxidation": str(given["oxidation"]),
    }
    (fuel,) = fuels.parse([row]).values()
    return {"kgCO2_per_unit": fuel.tco2 * 1e3}


def railcar(given: Inputs) -> Answer:
    per_tonne = fuels.combustion(given["mmBtu_per_t"], given["kgC_per_mmBtu"])
    return {"tCO2_per_railcar": per_tonne * given["t_per_railcar"] / 1e3}


def therm(given: Inputs) -> Answer:
    return {"tCO2_per_therm": fuels.combustion(given["mmBtu_per_therm"], given["kgC_per_mmBtu"]) / 1e3}


def blend(given: Inputs) -> Answer:
    shares = {f"hfc{name}": share for name, share in given["mass_shares"].items()}
    return {"gwp": gwp.co2e(potentials(), "ar5", shares)}


def methane(given: Inputs) -> Answer:
    return {"kgCH4_per_t": given["CH4_as_CO2e"] / gwp.co2e(potentials(), "ar5", {"ch4": 1.0})}


def three_gases(given: Inputs) -> Answer:
    masses = {"co2": given["lbCO2"], "ch4": given["lbCH4"], "n2o": given["lbN2O"]}
    return {"lbCO2e_per_MWh": gwp.co2e(potentials(), "ar5", masses)}


def metered_electricity(given: Inputs) -> Answer:
    readings = Readings(
        meter=np.zeros(2, dtype=np.int32),
        time=np.array([0, HOUR_US]),
        value=np.array([given["meter_start"], given["meter_end"]], dtype=np.float64),
        multiplier=np.full(2, float(given["ratio"])),
        max_gap=np.array([3600.0]),
        rollover=np.array([np.nan]),
    )
    kwh = float(settle(readings, Grid(0, 4)).amount.sum())
    return {"kWh": kwh, "tce": kwh * coal.rate(coefficients(), "energy_import", TODAY)}


def metered_gas(given: Inputs) -> Answer:
    return {"tce": given["m3"] * coal.rate(coefficients(), "gas_volume_0c", TODAY)}


def tabulated(name: str) -> Callable[[Inputs], Answer]:
    def answer(given: Inputs) -> Answer:
        row = next(row for row in table("cn-gbt2589-coal/coal.csv") if row["id"] == name)
        assert float(row["ncv"]) == given["NCV_kJ"]
        return {"kgce_per_unit": coefficients()[name].kgce}

    return answer


def electricity_worth(given: Inputs) -> Answer:
    assert given["kcal_per_kWh"] == 860
    return {"kgce_per_kWh": coal.rate(coefficients(), "energy_import", TODAY) * 1e3}


def heat_worth(given: Inputs) -> Answer:
    assert given["kJ_per_kgce"] == coal.KJ_PER_KGCE
    assert coal.rate(coefficients(), "heat_energy", TODAY) == pytest.approx(0.03412)
    return {"kgce_per_MJ": coal.measured(given["kJ_per_MJ"])}


def bought_heat(given: Inputs) -> Answer:
    folder = FACTORS / "cn-industry-guideline"
    header = FactorSet(**yaml.safe_load((folder / "set.yaml").read_text("utf-8")))
    factors = parse(header, table("cn-industry-guideline/factors.csv"))
    choice = choose_for(factors, "heat_energy", day=TODAY, known=TODAY, regions=["CN-GD", "CN"])
    assert choice is not None
    assert choice.factor is not None
    rates = np.array([rate(SOURCES["heat_energy"], choice.factor)])
    return {"tCO2": float(emitted(np.array([[given["GJ"]]]), rates, np.zeros(1, np.int64))[0, 0]) / 1e3}


def kilowatt_hours(given: Inputs) -> Answer:
    multiplier, offset = conversion("kWh", "GJ")
    return {"GJ": given["kWh"] * multiplier + offset}


ANSWERS: dict[str, Callable[[Inputs], Answer]] = {
    "CN-FUEL-": chinese_fuel,
    "EPA-COAL-RAILCAR": railcar,
    "EPA-GAS-THERM": therm,
    "REFR-": blend,
    "DEFRA-GAS-CH4-MASS": methane,
    "EGRID-CAMX-GWP": three_gases,
    "TCE-ELEC-1": metered_electricity,
    "TCE-GAS": metered_gas,
    "TCE-COEF-CRUDE": tabulated("crude"),
    "TCE-COEF-DIESEL": tabulated("diesel"),
    "TCE-COEF-GASOLINE": tabulated("gasoline"),
    "TCE-COEF-OILFIELD-GAS": tabulated("gas_oilfield"),
    "TCE-COEF-RAW-COAL": tabulated("raw_coal"),
    "TCE-ELEC-DEF": electricity_worth,
    "TCE-HEAT-DEF": heat_worth,
    "UNIT-HEAT-DEFAULT": bought_heat,
    "UNIT-KWH-GJ": kilowatt_hours,
}


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 25


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vector(vector: dict[str, Any]) -> None:
    (answer,) = [function for prefix, function in ANSWERS.items() if vector["id"].startswith(prefix)]
    got = answer(vector["inputs"])
    assert got.keys() == vector["expected"].keys()
    for name, expected in vector["expected"].items():
        assert abs(got[name] - expected) <= vector["tolerance"], name
