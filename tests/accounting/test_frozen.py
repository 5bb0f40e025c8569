"""The canonical form of frozen rows, and what they come to when they are reckoned anew."""

import json
from typing import Any

import pytest

from accounting.errors import FactorError
from accounting.frozen import canonical, digest, figures, line, unlike
from accounting.recomputed import recomputed

DAY: dict[str, Any] = {
    "sort": "day",
    "meter": "M1",
    "quantity": "energy_import",
    "day": "2026-05-03",
    "amount": 100.0,
    "bands": {"peak": 40.0, "flat": 60.0},
    "band_costs": {"peak": 46.0, "flat": 42.0},
    "cost": "88.0000",
    "unpriced": None,
    "tce": None,
    "coefficient": None,
}
PRICE: dict[str, Any] = {
    "sort": "price",
    "tariff": "t",
    "series": "s",
    "valid_from": "2021-01-01",
    "per_kwh": {"peak": "1.15", "flat": "0.70"},
    "curve": [],
}
EMISSION: dict[str, Any] = {
    "sort": "emission",
    "meter": "M1",
    "quantity": "energy_import",
    "day": "2026-05-03",
    "basis": "location",
    "gas": "CO2",
    "scope": 2,
    "kg": 44.19,
    "factor": "gd",
    "shortfall": None,
}


def test_a_row_is_one_line_whatever_the_order_of_its_names() -> None:
    assert line({"b": 1.5, "a": "\u5e74"}) == line({"a": "\u5e74", "b": 1.5}) == '{"a":"\u5e74","b":1.5}'
    assert canonical([DAY, PRICE]) == canonical([PRICE, DAY])
    assert digest(canonical([DAY])) != digest(canonical([{**DAY, "amount": 100.00000000000001}]))


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        line({"kg": float("nan")})


def test_lines_read_back_to_the_same_lines() -> None:
    lines = canonical([DAY, PRICE, {**EMISSION, "kg": 0.1 + 0.2}])
    assert [line(json.loads(each)) for each in lines] == lines


def test_a_cost_comes_out_of_bands_and_prices() -> None:
    [day, _] = recomputed([{**DAY, "cost": "1.0000"}, PRICE])
    assert day["cost"] == "88.0000"


def test_of_hours_that_a_curve_prices_the_bands_are_added_up() -> None:
    [day, _] = recomputed([{**DAY, "cost": "1.0000"}, {**PRICE, "per_kwh": {}, "curve": ["0.5"] * 24}])
    assert day["cost"] == "88.0000"


def test_a_factor_that_was_not_frozen_is_named() -> None:
    with pytest.raises(FactorError, match="'gd' was not frozen"):
        recomputed([DAY, PRICE, EMISSION])


def test_a_row_without_a_factor_is_missing_from_its_figure_and_not_zero() -> None:
    none = {**EMISSION, "day": "2026-05-04", "kg": None, "factor": None, "shortfall": "no factor"}
    found = {figure.name: figure for figure in figures([EMISSION, none])}
    figure = found["emission.location.scope2.CO2"]
    assert (figure.value, figure.missing) == (44.19, 1)
    alone = {figure.name: figure for figure in figures([none])}
    assert alone["emission.location.scope2.CO2"].value is None


HEAT = {**EMISSION, "meter": "H1", "quantity": "heat_energy", "kg": 110.0, "factor": "heat"}
LOAD: dict[str, Any] = {
    "sort": "load",
    "source": "meter M1",
    "day": "2026-05-03",
    "kwh": 100.0,
    "open": 100.0,
    "tier": "residual",
    "gas": "CO2",
    "kg": 60.96,
    "factor": "cn",
    "shortfall": None,
}


def test_market_based_is_what_served_power_and_bought_heat_from_form_2_on() -> None:
    rows = [DAY, EMISSION, HEAT, LOAD]
    found = {each.name: each.value for each in figures([{"sort": "head", "form": 2}, *rows])}
    assert found["emission.market.scope2.CO2"] == pytest.approx(60.96 + 110)
    assert found["emission.location.scope2.CO2"] == pytest.approx(44.19 + 110)
    assert found["served.residual"] == 100.0
    older = {each.name for each in figures([{"sort": "head", "form": 1}, DAY, EMISSION, HEAT])}
    assert not {name for name in older if name.startswith("emission.market")}


def test_a_load_without_a_factor_is_missing_from_its_figure() -> None:
    none = {**LOAD, "tier": "none", "kg": None, "factor": None, "shortfall": "no factor"}
    [figure] = [each for each in figures([none]) if each.unit == "kg"]
    assert (figure.name, figure.value, figure.missing) == ("emission.market.scope2.CO2", None, 1)


def test_a_load_s_factor_that_was_not_frozen_is_named() -> None:
    with pytest.raises(FactorError, match="'cn' was not frozen"):
        recomputed([DAY, PRICE, LOAD])


def test_differences_name_row_and_field_and_ignore_rounding_alone() -> None:
    changed = unlike([EMISSION], [{**EMISSION, "kg": 44.2}, DAY])
    assert ("emission M1 energy_import 2026-05-03 location CO2", "kg") in {(d.row, d.field) for d in changed}
    assert ("day M1 energy_import 2026-05-03", "amount") in {(d.row, d.field) for d in changed}
    noise = [{**EMISSION, "kg": 44.190000000000005}]
    assert unlike([EMISSION], noise, close=True) == []
    assert unlike([EMISSION], noise) != []


FACTOR: dict[str, Any] = {
    "sort": "factor",
    "id": "gd",
    "item": "electricity",
    "value": 0.4419,
    "unit_numerator": "kgCO2",
    "unit_denominator": "kWh",
    "gas": "CO2",
    "scope": "2",
    "region": "CN-GD",
    "year": 2023,
    "purpose": "scope2_location",
    "edition": "e",
    "source": "s",
    "verified": "VERIFIED",
    "valid_from": None,
    "valid_to": None,
    "published": "2025-12-31",
    "name_en": "",
    "name_zh": "",
}


def test_rows_of_many_meters_and_days_come_out_each_by_its_own_amount_and_table() -> None:
    later = {**PRICE, "valid_from": "2026-05-04", "per_kwh": {"peak": "2", "flat": "1"}}
    days = [
        {**DAY, "meter": meter, "day": day, "amount": amount, "bands": {"peak": amount}, "cost": "0.0000"}
        for meter, day, amount in (
            ("M1", "2026-05-03", 10.0),
            ("M2", "2026-05-04", 20.0),
            ("M1", "2026-05-04", 3.0),
        )
    ]
    emissions = [
        {**EMISSION, "meter": row["meter"], "day": row["day"], "kg": 0.0, "factor": factor}
        for row, factor in zip(days, ("gd", None, "gd"), strict=True)
    ]
    again = recomputed([FACTOR, PRICE, later, *days, *emissions])
    assert [row["cost"] for row in again if row["sort"] == "day"] == ["11.5000", "40.0000", "6.0000"]
    kg = [row["kg"] for row in again if row["sort"] == "emission"]
    assert kg == [pytest.approx(4.419), None, pytest.approx(1.3257)]
