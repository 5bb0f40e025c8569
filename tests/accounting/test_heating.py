from collections.abc import Callable

import pytest

from accounting.errors import FactorError
from accounting.factors import Factor
from accounting.heating import parse

Rows = Callable[[str], list[dict[str, str]]]
TABLE = "factors/ipcc-2006/heating_values.csv"


def test_a_factor_per_mass_is_its_factor_per_energy_times_the_heating_value(
    rows: Rows, factors: tuple[Factor, ...]
) -> None:
    values = parse(rows(TABLE))
    by_id = {factor.id: factor for factor in factors}
    pairs = [
        (by_id[f"ipcc2006.{item}.co2.tj"].kg * value.gj_per_t * 1e-3, by_id[f"ipcc2006.{item}.co2.t"].kg)
        for item, value in values.items()
        if f"ipcc2006.{item}.co2.t" in by_id
    ]
    assert len(values) == 23
    assert len(pairs) == 20
    assert all(one == pytest.approx(other, rel=1e-9) for one, other in pairs)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"value": "0"}, "line 2: heating value 'ipcc2006.residual_fuel_oil.ncv': 0.0 is not above 0"),
        ({"value": "much"}, "line 2: could not convert"),
        ({"unit_denominator": "L"}, "line 2: 'TJ/L'"),
        ({"source": " "}, "source is empty"),
        ({"item": "jet_kerosene"}, "line 4: 'jet_kerosene' stands twice"),
    ],
)
def test_a_bad_row_is_named(rows: Rows, changes: dict[str, str], told: str) -> None:
    first, *rest = rows(TABLE)
    with pytest.raises(FactorError, match=told):
        parse([first | changes, *rest])
