import math

import pytest

from accounting import gwp
from accounting.errors import FactorError
from accounting.inventory import Flow, Line, RuleSet, above, in_co2e, intensity, inventory, uncertainty_of

POWER = Line("power", 2, Flow.BOUGHT, {"CO2": 442.0}, market={"CO2": 610.0}, percent=5.0)
FED_IN = Line("fed in", 2, Flow.SOLD, {"CO2": 44.0}, percent=5.0)
GAS = Line("gas", 1, Flow.EMITTED, {"CO2": 200.0}, percent=3.0)
WOOD = Line("wood", 1, Flow.BIOGENIC, {"CO2": 10.0})
LEAK = Line("R-410A", 1, Flow.EMITTED, {"CO2e": 1923.5}, percent=20.0)
UNKNOWN = Line("coal", 1, Flow.EMITTED, {"CO2": math.nan})
LINES = [POWER, FED_IN, GAS, WOOD, LEAK, UNKNOWN]


def test_what_is_sold_reduces_nothing_by_the_protocol_and_stands_beside() -> None:
    found = inventory(LINES, RuleSet.GHGP)
    assert found.scopes == {1: {"CO2": 200.0, "CO2e": 1923.5}, 2: {"CO2": 442.0}}
    assert found.market == {"CO2": 610.0}
    assert found.avoided == {"CO2": 44.0}
    assert found.biogenic == {"CO2": 10.0}


def test_what_is_sold_is_taken_off_by_the_chinese_guidelines() -> None:
    found = inventory(LINES, RuleSet.CN_ENTERPRISE)
    assert found.scopes[2] == {"CO2": 398.0}
    assert found.market == {"CO2": 566.0}
    assert found.avoided == {}
    assert found.gross("CO2") == 598.0


def test_a_line_without_a_factor_is_named_and_in_no_sum() -> None:
    assert inventory(LINES, RuleSet.GHGP).short == ("coal",)


def test_co2_alone_is_no_co2e() -> None:
    potentials: gwp.Potentials = {"ar5": {"co2": 1.0, "ch4": 28.0, "n2o": 265.0}}
    whole = Line("boiler", 1, Flow.EMITTED, {"CO2": 100.0, "CH4": 1.0, "N2O": 0.1})
    assert in_co2e([whole, LEAK], potentials, "ar5") == pytest.approx(100 + 28 + 26.5 + 1923.5)
    with pytest.raises(FactorError, match="the factors of gas, power do not cover it"):
        in_co2e([whole, GAS, POWER], potentials, "ar5")


def test_uncertainty_of_a_sum_is_that_of_its_parts_by_their_weight() -> None:
    expected = math.hypot(442 * 5, 200 * 3) / 642
    assert uncertainty_of([POWER, GAS, LEAK], "CO2") == pytest.approx(expected)
    assert math.isnan(uncertainty_of([POWER, WOOD], "CO2"))


def test_intensity_and_what_stands_above_its_threshold() -> None:
    assert math.isnan(intensity(100.0, 0.0))
    assert above(90_000.0, 500_000.0, 0.2) == 0.0
