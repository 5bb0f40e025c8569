"""Published worked examples, each answered by the function that the product calls."""

import csv
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter

from accounting import charges, coal, fuels, gwp, scope1
from accounting.charges import DemandBasis
from accounting.emissions import choose_for, emitted, rate
from accounting.factors import Factor, FactorSet, parse
from accounting.grid import HOUR_US, Grid
from accounting.intervals import Readings, settle
from accounting.inventory import (
    Flow,
    Inventory,
    Line,
    RuleSet,
    above,
    deduction,
    intensity,
    inventory,
)
from accounting.scope2 import Instruments, Tier, location, market
from accounting.sources import SOURCES
from accounting.tariff import Tariff
from accounting.units import conversion

HERE = Path(__file__).parent
TODAY = date(2026, 11, 22)
CONFIG = HERE.parents[1] / "config"
FACTORS = CONFIG / "factors"
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


def factor_of(value: float, numerator: str, per: str) -> Factor:
    """A row of a set, read as every factor of the library is."""
    header = FactorSet(code="v", publisher="p", title="t", edition="e", source="the vector")
    row = {
        "id": "v",
        "value": str(value),
        "unit_numerator": numerator,
        "unit_denominator": per,
        "gas": numerator.lstrip("kglbt"),
        "region": "US",
        "purpose": "combustion",
        "name_en": "n",
        "name_zh": "n",
        "verified": "VERIFIED",
    }
    return parse(header, [row])[0]


def pounds(given: Inputs) -> Answer:
    factor = factor_of(given["lb_per_MWh"], "lbCO2e", "MWh")
    return {"kg_per_kWh": rate(SOURCES["energy_import"], factor)}


def gallon(given: Inputs) -> Answer:
    return {"tCO2_per_gallon": factor_of(given["gCO2_per_gallon"], "gCO2", "gal(US)").kg / 1e3}


def thousand_cubic_feet(given: Inputs) -> Answer:
    factor = factor_of(given["tCO2_per_therm"], "tCO2", "therm")
    kg = scope1.direct(np.array([[given["therm_per_Mcf"]]]), factor.kg)
    return {"tCO2_per_Mcf": float(kg[0, 0]) / 1e3}


def of_lines(scope1_t: dict[str, float], scope2_t: float = 0.0, **scope3_t: float) -> Inventory:
    scopes = ((1, scope1_t), (2, {"bought": scope2_t}), (3, scope3_t))
    lines = [
        Line(name, scope, Flow.EMITTED, {"CO2e": tonnes * 1e3})
        for scope, named in scopes
        for name, tonnes in named.items()
    ]
    biogenic = Line("biogenic", 1, Flow.BIOGENIC, {"CO2e": 1e7})
    return inventory([*lines, biogenic], RuleSet.GHGP)


def scope_of_sites(given: Inputs) -> Answer:
    return {"scope1_t": of_lines(given).gross("CO2e", (1,)) / 1e3}


def gross(given: Inputs) -> Answer:
    found = of_lines({"all": given["scope1"]}, given["scope2"], **given["scope3"])
    return {"gross_t": found.gross("CO2e") / 1e3}


def both_bases(given: Inputs) -> Answer:
    load = np.array([[float(given["kWh"])]])
    certificate = Instruments(
        ("EAC",),
        np.array([Tier.CERTIFICATE], np.int8),
        np.array([float(given["eac_kWh"])]),
        np.zeros(1),
        np.zeros(1, np.int64),
        np.ones(1, np.int64),
        np.ones((1, 1), bool),
    )
    by_market = market(load, certificate, given["residual"], given["grid_avg"])
    by_location = location(load, given["grid_avg"])
    return {"location_t": float(by_location.sum()) / 1e3, "market_t": float(by_market.kg.sum()) / 1e3}


def green_deduction(given: Inputs) -> Answer:
    return {"deduction_t": deduction(given["green_MWh"], given["shortfall_t"], given["factor"])}


def core_indicator(given: Inputs) -> Answer:
    tco2 = given["E_energy_t"] + given["E_process_t"]
    return {
        "tCO2_per_tce": intensity(tco2, given["tce"]),
        "reduction_needed_t": above(tco2, given["tce"], given["threshold"]),
    }


def adjustment(standard: float, actual: float) -> Decimal:
    with (CONFIG / "tariffs" / "power-factor" / "cn-83-215.csv").open(encoding="utf-8", newline="") as lines:
        found = charges.adjustments(csv.DictReader(lines))
    return found.percent(Decimal(f"{standard:.2f}"), Decimal(f"{actual:.2f}"))


def over_contract(given: Inputs) -> Answer:
    found = charges.contract_demand(Decimal(given["contract_kW"]), Decimal(given["actual_kW"]))
    return {"excess_kW": float(found.double)}


def capacity_year(given: Inputs) -> Answer:
    month = charges.billed(DemandBasis.CAPACITY, capacity=Decimal(given["kVA"]))
    return {"cny_year": given["months"] * float(month.charge(Decimal(given["cny_month"])))}


def lower_peak(given: Inputs) -> Answer:
    price = Decimal(str(given["eur_per_kW_year"]))
    old, new = (
        charges.billed(DemandBasis.ACTUAL, actual=Decimal(given[name])).charge(price)
        for name in ("peak_old_kW", "peak_new_kW")
    )
    return {"eur_per_year": float(old - new)}


def printed_bands(given: Inputs) -> Answer:
    tariff = TypeAdapter(Tariff).validate_python(
        yaml.safe_load((CONFIG / "tariffs" / "cn-gd-331-2021.yaml").read_text("utf-8"))
    )
    (ratio,) = tariff.ratios
    assert [float(ratio.of_flat[band]) for band in ("valley", "peak")] == given["ratios"]
    flat = Decimal(str(given["flat_fen"]))
    return {band: float(ratio.price(band, flat, 2)) for band in ("valley", "peak", "sharp")}


def adjusted_cases(given: Inputs) -> Answer:
    cases = given["cases_std_pf_percent"]
    return {"rows": sum(float(adjustment(standard, pf)) == percent for standard, pf, percent in cases)}


ANSWERS: dict[str, Callable[[Inputs], Answer]] = {
    "BASIC-CONTRACT-105": over_contract,
    "BASIC-DEMAND-YEAR": capacity_year,
    "CN-FUEL-": chinese_fuel,
    "DE-NETZE": lower_peak,
    "GD-TOU-": printed_bands,
    "PF-0.60@0.90": lambda given: {"percent": float(adjustment(given["standard"], given["pf"]))},
    "PF-CASES": adjusted_cases,
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
    "EGRID-CONV-CAMX": pounds,
    "EPA-GASOLINE": gallon,
    "EPA-GAS-MCF": thousand_cubic_feet,
    "SECR-H-SCOPE1": scope_of_sites,
    "SECR-H-GEO1": scope_of_sites,
    "SECR-H-GROSS": gross,
    "S2-DUAL": both_bases,
    "SZ-GREEN": green_deduction,
    "ZCP-INTENSITY": core_indicator,
}


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 40


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vector(vector: dict[str, Any]) -> None:
    (answer,) = [function for prefix, function in ANSWERS.items() if vector["id"].startswith(prefix)]
    got = answer(vector["inputs"])
    assert got.keys() == vector["expected"].keys()
    for name, expected in vector["expected"].items():
        assert abs(got[name] - expected) <= vector["tolerance"], name
