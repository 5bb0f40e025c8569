import math
from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pytest

from accounting.coal import (
    Coefficient,
    applied,
    equivalent_rate,
    in_force,
    parse,
    parse_yearly,
    rate,
    rates,
    worth,
)
from accounting.errors import ActivityError, FactorError

TODAY = date(2026, 11, 22)
Rows = list[dict[str, str]]


@pytest.fixture
def table(rows: Callable[[str], Rows]) -> Rows:
    return rows("factors/cn-gbt2589-coal/coal.csv")


@pytest.fixture
def coefficients(table: Rows) -> Mapping[str, Coefficient]:
    return parse(table)


@pytest.mark.parametrize(
    ("quantity", "amount", "tce"),
    [
        ("energy_import", 131_200, 16.124_48),
        ("energy_import_amount", 10_000, 1.229),
        ("active_power", 10_000, 1.229),
        ("heat_energy", 1000, 34.12),
        ("steam_energy", 1000, 34.12),
        ("steam_mass", 1000, 2693.4 * 0.03412),
        ("gas_volume_0c", 1170, 1.420_731),
        ("gas_volume_20c", 1170, 1.420_731 * 273.15 / 293.15),
    ],
)
def test_worth_by_calorific_value(
    coefficients: Mapping[str, Coefficient], quantity: str, amount: float, tce: float
) -> None:
    assert amount * rate(coefficients, quantity, TODAY) == pytest.approx(tce, rel=1e-9)


@pytest.mark.parametrize("quantity", ["recovered_heat_energy", "gas_volume", "voltage"])
def test_recovered_heat_and_what_says_too_little_have_no_worth(
    coefficients: Mapping[str, Coefficient], quantity: str
) -> None:
    assert math.isnan(rate(coefficients, quantity, TODAY))


def test_without_coefficients_nothing_has_a_worth() -> None:
    assert math.isnan(rate({}, "energy_import", TODAY))


def test_the_equivalent_value_is_unknown_until_the_years_rate_is_set() -> None:
    yearly = {2025: 0.3}
    assert math.isnan(equivalent_rate({}, "energy_import", 2025))
    assert math.isnan(equivalent_rate(yearly, "energy_import", 2026))
    assert math.isnan(equivalent_rate(yearly, "heat_energy", 2025))
    assert equivalent_rate(yearly, "energy_import", 2025) == pytest.approx(3e-4)


def test_two_editions_of_water_stand_side_by_side(coefficients: Mapping[str, Coefficient]) -> None:
    new, old = coefficients["water_new_2020"], coefficients["water_new_2008"]
    assert (new.kgce, new.edition, old.kgce, old.edition) == (0.2571, "2020", 0.0857, "2008")


@pytest.mark.parametrize(("day", "kgce"), [(date(2021, 3, 31), 0.0857), (date(2021, 4, 1), 0.2571)])
def test_a_day_takes_the_edition_in_force(
    coefficients: Mapping[str, Coefficient], day: date, kgce: float
) -> None:
    chosen = applied(coefficients, "water_volume", day)
    assert chosen is not None
    assert (chosen.kgce, chosen.basis) == (kgce, "energy-carrying medium")


def test_days_on_both_sides_of_a_change_have_each_their_own(coefficients: Mapping[str, Coefficient]) -> None:
    days = np.array(["2021-03-31", "2021-04-01"], "M8[D]")
    np.testing.assert_allclose(rates(coefficients, "water_volume", days), [0.0857e-3, 0.2571e-3])
    np.testing.assert_allclose(rates(coefficients, "energy_import", days), [0.1229e-3] * 2)


def test_what_the_new_edition_does_not_list_keeps_the_old_ones(
    coefficients: Mapping[str, Coefficient],
) -> None:
    steam = in_force(coefficients, "steam_lp", TODAY)
    assert steam is not None
    assert (steam.kgce, steam.edition) == (0.1286, "2008")
    assert in_force(coefficients, "moonshine", TODAY) is None


def test_worth_is_amount_by_rate_and_unknown_stays_unknown() -> None:
    np.testing.assert_allclose(worth(np.array([[10.0, np.nan]]), np.array([[1.4571]])), [[14.571, np.nan]])
    with pytest.raises(ActivityError, match="energy -1"):
        worth(np.array([[-1.0]]), 1.0)


def test_the_equivalent_value_is_a_yearly_table_with_sources() -> None:
    row = {"year": "2025", "kgce_per_kwh": "0.3", "source": "a bulletin"}
    assert parse_yearly([row]) == {2025: 0.3}
    for wrong in ({"source": " "}, {"kgce_per_kwh": "0"}, {"year": "x"}):
        with pytest.raises(FactorError, match="equivalent value, line 2"):
            parse_yearly([row | wrong])
    with pytest.raises(FactorError, match="line 3: 2025 needs one rate"):
        parse_yearly([row, row])


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("coefficient", "0.2857-0.4286", "could not convert"),
        ("coefficient", "0", "0.0 is not above 0"),
        ("source", "", "source is empty"),
        ("edition", " ", "edition is empty"),
        ("id", "raw_coal", "'raw_coal' stands twice"),
    ],
)
def test_a_bad_row_is_named(table: Rows, column: str, value: str, told: str) -> None:
    table[1] = table[1] | {column: value}
    with pytest.raises(FactorError, match=told) as caught:
        parse(table)
    assert str(caught.value).startswith("standard coal, line 3: ")
