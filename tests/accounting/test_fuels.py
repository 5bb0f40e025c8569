from collections.abc import Callable

import pytest

from accounting.errors import FactorError
from accounting.factors import Factor
from accounting.fuels import parse

Rows = list[dict[str, str]]


@pytest.mark.parametrize(
    ("folder", "prefix", "digits"),
    [("cn-industry-guideline", "cn.fuelA.", 6), ("cn-gbt2589-fuels", "cn.fuelB.", 4)],
)
def test_parameters_give_the_factors_of_their_set(
    rows: Callable[[str], Rows], factors: tuple[Factor, ...], folder: str, prefix: str, digits: int
) -> None:
    fuels = parse(rows(f"factors/{folder}/fuels.csv"))
    published = {factor.id.removeprefix(prefix): factor for factor in factors if factor.id.startswith(prefix)}
    assert {name.partition(".")[2] for name in fuels} == set(published)
    for name, fuel in fuels.items():
        factor = published[name.partition(".")[2]]
        tonnes = fuel.tco2 * (1e3 if factor.unit_numerator.startswith("kg") else 1.0)
        assert fuel.unit == factor.unit_denominator
        assert tonnes == pytest.approx(factor.value, abs=0.51 * 10**-digits), name


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [("oxidation", "94", "out of range"), ("ncv", "-1", "out of range"), ("ncv_unit", "MJ/kg", "MJ/kg")],
)
def test_a_bad_row_is_named(rows: Callable[[str], Rows], column: str, value: str, told: str) -> None:
    table = rows("factors/cn-industry-guideline/fuels.csv")
    with pytest.raises(FactorError, match=told) as caught:
        parse([table[0], table[1] | {column: value}])
    assert str(caught.value).startswith("fuels, line 3: ")


def test_a_fuel_that_stands_twice_is_refused(rows: Callable[[str], Rows]) -> None:
    row = rows("factors/cn-gbt2589-fuels/fuels.csv")[0]
    with pytest.raises(FactorError, match="stands twice"):
        parse([row, row])
