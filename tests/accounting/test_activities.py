"""Kinds of activities, their units, and the factors of their days."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting import coal, fuels, heating
from accounting.activities import Kinds, worth
from accounting.errors import ActivityError, FactorError, UnitError
from accounting.factors import Factor

REGIONS = ("CN-GD", "CN-SOUTH", "CN")
MAY = (date(2026, 5, 1), date(2026, 5, 31))


def _burnt(name: str, value: float, **rest: Any) -> Factor:
    standard = {"unit_denominator": "t", "region": "CN", "item": "diesel", "published": None}
    fields = {"edition": "e", "source": "s", "name_en": name, "name_zh": name, "verified": "VERIFIED"}
    dates = {"year": None, "valid_from": None, "valid_to": None, "scope": 1, "gas": "CO2"}
    about = {"purpose": "combustion", "unit_numerator": "tCO2"}
    return Factor(id=name, value=value, **{**standard, **fields, **dates, **about, **rest})


@pytest.fixture
def kinds() -> Kinds:
    change = date(2026, 5, 11)
    return Kinds(
        (
            _burnt("old", 3.0, published=date(2020, 1, 1), withdrawn=change),
            _burnt("new", 3.1, published=change),
            _burnt("gb", 2.5, region="GB", unit_denominator="L"),
            _burnt("gas", 21.6, item="natural_gas", unit_denominator="1e4Nm3"),
        ),
        {"ar5": {"r410a": 1923.5}},
    )


def test_a_kind_nobody_knows_is_named_with_the_nearest(kinds: Kinds) -> None:
    with pytest.raises(FactorError, match="is no kind of activity; did you mean 'diesel'"):
        kinds.check("disel", "t", REGIONS)


@pytest.mark.parametrize(("kind", "unit"), [("diesel", "L"), ("natural_gas", "m3"), ("r410a", "L")])
def test_a_unit_that_does_not_fit_is_named_with_those_that_do(kinds: Kinds, kind: str, unit: str) -> None:
    with pytest.raises(UnitError, match=f"does not fit {kind}, which is counted in "):
        kinds.check(kind, unit, REGIONS)


def test_litres_fit_where_a_factor_is_per_litre(kinds: Kinds) -> None:
    kinds.check("diesel", "L", ("GB",))
    [run] = kinds.runs("diesel", "L", MAY, date(2026, 6, 1), ("GB",))
    assert run.per_unit == 2500.0


DAYS = st.dates(date(2022, 11, 1), date(2024, 3, 1))
SOME = st.none() | DAYS


@st.composite
def _listed(draw: st.DrawFn) -> Factor:
    since, until = sorted([draw(DAYS), draw(DAYS)])
    year = draw(st.none() | st.just(since.year))
    dates = {"year": year, "valid_from": since, "valid_to": draw(st.none() | st.just(until))}
    return _burnt(f"f{since}", draw(st.floats(1, 9)), **dates, published=draw(SOME), withdrawn=draw(SOME))


@given(
    factors=st.lists(_listed(), max_size=4, unique_by=lambda each: each.valid_from),
    first=DAYS,
    length=st.integers(0, 400),
    known=DAYS,
)
def test_runs_say_of_every_day_what_the_day_alone_says(
    factors: list[Factor], first: date, length: int, known: date
) -> None:
    kinds = Kinds(tuple(factors), {})
    last = first + timedelta(days=length)
    runs = kinds.runs("diesel", "t", (first, last), known, REGIONS)
    told = [run.choice.factor for run in runs for _ in range((run.last - run.first).days + 1)]
    days = [first + timedelta(days=n) for n in range(length + 1)]
    alone = [kinds.runs("diesel", "t", (day, day), known, REGIONS)[0].choice.factor for day in days]
    assert told == alone


def test_a_period_over_a_change_of_factors_has_a_run_for_each(kinds: Kinds) -> None:
    early, late = kinds.runs("diesel", "kg", MAY, date(2026, 5, 5), REGIONS)
    assert (early.first, early.last, early.per_unit) == (date(2026, 5, 1), date(2026, 5, 10), 3.0)
    assert (late.first, late.last, late.per_unit) == (date(2026, 5, 11), date(2026, 5, 31), 3.1)
    [now] = kinds.runs("diesel", "kg", MAY, date(2026, 6, 1), REGIONS)
    assert now.choice.factor is not None
    assert now.choice.factor.id == "new"


def test_days_without_a_factor_are_one_shortfall_and_not_zero(kinds: Kinds) -> None:
    [run] = kinds.runs("diesel", "t", MAY, date(2026, 6, 1), ("DE",))
    assert run.per_unit != run.per_unit  # NaN
    assert (
        run.choice.shortfall
        == "no combustion diesel per t factor for 2026-05-01 in DE was known on 2026-06-01"
    )
    assert (run.first, run.last) == MAY


def test_gas_at_20_degrees_is_less_gas_than_at_0(kinds: Kinds) -> None:
    [cold] = kinds.runs("natural_gas", "m3_0c", MAY, date(2026, 6, 1), REGIONS)
    [warm] = kinds.runs("natural_gas", "m3_20c", MAY, date(2026, 6, 1), REGIONS)
    assert cold.per_unit == pytest.approx(2.16)
    assert warm.per_unit == pytest.approx(2.16 * 273.15 / 293.15)


@pytest.mark.parametrize(
    ("kind", "unit", "tce"),
    [
        ("diesel", "t", 1.4571),
        ("diesel", "kg", 0.0014571),
        ("natural_gas", "m3_0c", 1.2143e-3),
        ("natural_gas", "1e4m3_0c", 12.143),
        ("heat", "GJ", 0.03412),
        ("electricity", "MWh", 0.1229),
    ],
)
def test_an_activity_is_worth_standard_coal(
    rows: Callable[[str], list[dict[str, str]]], kind: str, unit: str, tce: float
) -> None:
    coefficients = coal.parse(rows("factors/cn-gbt2589-coal/coal.csv"))
    found = worth(coefficients, kind, unit, date(2026, 5, 1))
    assert found is not None
    assert found[1] == pytest.approx(tce)
    assert worth(coefficients, "lignite", "t", date(2026, 5, 1)) is None


def test_a_measured_heating_value_takes_the_place_of_the_tabulated(
    rows: Callable[[str], list[dict[str, str]]], factors: tuple[Factor, ...]
) -> None:
    kinds = Kinds(factors, {}, fuels.parse(rows("factors/cn-industry-guideline/fuels.csv")))
    [run] = kinds.runs("diesel", "t", MAY, date(2026, 6, 1), ("CN",), 42.9)
    assert run.per_unit == pytest.approx(42.9 * 0.0202 * 0.98 * 44 / 12 * 1e3)
    assert run.choice.why.endswith("; measured 42.9 GJ/t in place of its heating value")
    assert kinds.mass("diesel", 2.0, run) == 2 * run.per_unit
    assert (kinds.has_carbon("diesel"), kinds.has_carbon("heat")) == (True, False)


def test_a_measured_heating_value_is_worth_standard_coal_by_29307() -> None:
    found = worth({}, "diesel", "t", date(2026, 5, 1), 42.9)
    assert found is not None
    assert (found[0].id, found[1]) == ("measured", pytest.approx(42.9e6 / 29_307 / 1e3))


def test_a_mass_of_fuel_takes_a_factor_per_energy_by_its_heating_value(
    rows: Callable[[str], list[dict[str, str]]], factors: tuple[Factor, ...]
) -> None:
    values = heating.parse(rows("factors/ipcc-2006/heating_values.csv"))
    kinds = Kinds(factors, {}, {}, values)
    found = {
        run.gas: run.per_unit for run in kinds.runs("biodiesels", "t", MAY, date(2026, 6, 1), ("GLOBAL",))
    }
    assert found["CH4"] == pytest.approx(3.0 * values["biodiesels"].gj_per_t * 1e-3)
    assert "t" in kinds.units("biodiesels", ("GLOBAL",))
    assert "t" not in Kinds(factors, {}).units("biodiesels", ("GLOBAL",))


def test_a_process_is_a_kind_of_its_own_sets() -> None:
    kinds = Kinds((_burnt("lime", 0.44, item="limestone", purpose="process"),), {})
    assert kinds.names() == ["electricity", "heat", "limestone", "steam"]
    [run] = kinds.runs("limestone", "t", MAY, date(2026, 6, 1), REGIONS)
    assert (kinds.mass("limestone", 10.0, run), kinds.scope("limestone")) == (4400.0, 1)


@pytest.mark.parametrize(("kind", "unit"), [("diesel", "t"), ("r410a", "kg")])
def test_less_than_nothing_has_no_mass(kinds: Kinds, kind: str, unit: str) -> None:
    [run] = kinds.runs(kind, unit, (MAY[1], MAY[1]), date(2026, 6, 1), REGIONS)
    with pytest.raises(ActivityError, match="-1 at"):
        kinds.mass(kind, -1.0, run)


def test_a_refrigerant_counts_by_its_potential(kinds: Kinds) -> None:
    [run] = kinds.runs("r410a", "kg", MAY, date(2026, 6, 1), REGIONS)
    assert (run.gas, run.per_unit, kinds.scope("r410a")) == ("CO2e", 1923.5, 1)
    assert (kinds.scope("diesel"), kinds.scope("heat")) == (1, 2)
