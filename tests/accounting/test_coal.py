import math
from collections.abc import Callable, Mapping

import pytest

from accounting.coal import Coefficient, equivalent_rate, parse, rate
from accounting.errors import FactorError

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
        ("gas_volume_0c", 1170, 1.420_731),
        ("gas_volume_20c", 1170, 1.420_731 * 273.15 / 293.15),
    ],
)
def test_worth_by_calorific_value(
    coefficients: Mapping[str, Coefficient], quantity: str, amount: float, tce: float
) -> None:
    assert amount * rate(coefficients, quantity) == pytest.approx(tce, rel=1e-9)


@pytest.mark.parametrize(
    "quantity", ["water_volume", "recovered_heat_energy", "gas_volume", "steam_mass", "voltage"]
)
def test_media_and_what_says_too_little_have_no_worth(
    coefficients: Mapping[str, Coefficient], quantity: str
) -> None:
    assert math.isnan(rate(coefficients, quantity))


def test_without_coefficients_nothing_has_a_worth() -> None:
    assert math.isnan(rate({}, "energy_import"))


def test_the_equivalent_value_is_unknown_until_the_years_rate_is_set() -> None:
    yearly = {2025: 0.3}
    assert math.isnan(equivalent_rate({}, "energy_import", 2025))
    assert math.isnan(equivalent_rate(yearly, "energy_import", 2026))
    assert math.isnan(equivalent_rate(yearly, "heat_energy", 2025))
    assert equivalent_rate(yearly, "energy_import", 2025) == pytest.approx(3e-4)


def test_two_editions_of_water_stand_side_by_side(coefficients: Mapping[str, Coefficient]) -> None:
    new, old = coefficients["water_new_2020"], coefficients["water_new_2008"]
    assert (new.kgce, new.edition, old.kgce, old.edition) == (0.2571, "2020", 0.0857, "2008")


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
