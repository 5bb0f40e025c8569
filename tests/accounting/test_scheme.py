"""Indicators of schemes: from what is known, against the threshold that holds for the park and the year."""

import pytest

from accounting.errors import SchemeError
from accounting.prices import Label
from accounting.scheme import Indicator, Input, Scheme, Threshold, judge

NAME = Label("n", "名")
PER_ENERGY = Indicator(
    code="co2_per_energy",
    name=NAME,
    unit="tCO2/tce",
    better="lower",
    of=("co2_t",),
    per=("tce",),
    thresholds=(
        Threshold(value=1.0, year=2027, tce_from=20_000, tce_to=1_000_000),
        Threshold(value=0.7, year=2030, tce_from=20_000, tce_to=1_000_000),
        Threshold(value=1.1, year=2027, tce_from=1_000_000),
    ),
)
WASTE = Indicator(
    code="waste",
    name=NAME,
    unit="%",
    better="higher",
    of=("used",),
    per=("made", "stored"),
    scale=100,
    thresholds=(Threshold(value=80),),
)


def _scheme(*indicators: Indicator, inputs: str = "co2_t tce used made stored") -> Scheme:
    those = tuple(Input(code=code, name=NAME, unit="t") for code in inputs.split())
    return Scheme(
        code="s", name=NAME, document="d", source="u", verified="v", inputs=those, indicators=indicators
    )


@pytest.mark.parametrize(
    ("tce", "year", "threshold", "met"),
    [
        (50_000.0, 2026, 1.0, True),
        (50_000.0, 2028, 0.7, False),
        (50_000.0, 2031, 0.7, False),
        (2e6, 2026, 1.1, True),
        (10_000.0, 2026, None, None),
    ],
)
def test_the_threshold_is_that_of_the_parks_size_and_the_next_target(
    tce: float, year: int, threshold: float | None, met: bool | None
) -> None:
    [found] = judge(_scheme(PER_ENERGY), {"co2_t": 0.9 * tce, "tce": tce}, year)
    assert found.value == pytest.approx(0.9)
    assert ((found.threshold and found.threshold.value), found.met) == (threshold, met)


def test_what_is_missing_is_named_and_never_zero() -> None:
    [found] = judge(_scheme(WASTE), {"used": 8.0, "made": 9.0}, 2026)
    assert (found.value, found.missing, found.met) == (None, ("stored",), None)
    [known] = judge(_scheme(WASTE), {"used": 8.0, "made": 9.0, "stored": 1.0}, 2026)
    assert (known.value, known.missing, known.met) == (80.0, (), True)


def test_nothing_to_divide_by_is_no_value() -> None:
    [found] = judge(_scheme(WASTE), {"used": 0.0, "made": 0.0, "stored": 0.0}, 2026)
    assert (found.value, found.met) == (None, None)


def test_an_input_that_the_scheme_does_not_name_is_refused() -> None:
    with pytest.raises(SchemeError, match="indicator 'waste': 'stored' is none of the scheme's inputs"):
        _scheme(WASTE, inputs="used made")
