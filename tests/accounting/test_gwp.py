from collections.abc import Callable

import pytest

from accounting.errors import FactorError
from accounting.gwp import Potentials, co2e, parse

Rows = list[dict[str, str]]


@pytest.fixture
def potentials(rows: Callable[[str], Rows]) -> Potentials:
    return parse(rows("factors/ipcc-gwp/gwp.csv"))


def test_reports_differ(potentials: Potentials) -> None:
    assert [potentials[report]["ch4"] for report in ("sar", "ar4", "ar5", "ar6")] == [21, 25, 28, 27.9]
    assert co2e(potentials, "ar6", {"co2": 1.0, "n2o": 2.0}) == 547.0


def test_a_gas_that_a_report_does_not_list_is_named(potentials: Potentials) -> None:
    assert co2e(potentials, "ar6", {"ch4_fossil": 1.0}) == 29.8
    with pytest.raises(FactorError, match="ar5 lists no potential for ch4_fossil, r0"):
        co2e(potentials, "ar5", {"co2": 1.0, "r0": 1.0, "ch4_fossil": 1.0})


def test_a_bad_number_is_named(rows: Callable[[str], Rows]) -> None:
    table = rows("factors/ipcc-gwp/gwp.csv")
    with pytest.raises(FactorError, match="potentials, line 2: ar5 'x' is not a number"):
        parse([table[0] | {"ar5": "x"}])
