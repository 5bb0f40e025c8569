from datetime import date

import numpy as np
import pytest

from accounting.emissions import choose_for, emitted, rate
from accounting.errors import FactorError
from accounting.factors import Factor, Rule, lineage
from accounting.quantity import CATALOGUE
from accounting.sources import COOLING, ELECTRICITY, HEAT, SOURCES, UNSETTLED, emitting, normal_volume

TODAY = date(2026, 11, 22)


@pytest.fixture
def kg(factors: tuple[Factor, ...], parents: dict[str, str]):  # noqa: ANN201  # a closure
    def of(quantity: str, amount: float, day: date, region: str = "CN-GD") -> float:
        choice = choose_for(factors, quantity, day=day, known=TODAY, regions=lineage(parents, region))
        assert choice is not None
        assert choice.factor is not None, choice.why
        rates = np.array([rate(SOURCES[quantity], choice.factor)])
        return float(emitted(np.array([[amount]]), rates, np.array([0]))[0, 0])

    return of


def test_100_kwh_in_guangdong_on_a_day_of_2023(kg) -> None:  # noqa: ANN001
    assert kg("energy_import", 100.0, date(2023, 5, 4)) == pytest.approx(44.19, rel=1e-12)


def test_a_thousand_gj_of_bought_heat_or_steam(kg) -> None:  # noqa: ANN001
    assert kg("heat_energy", 1000.0, TODAY) == pytest.approx(110_000)
    assert kg("steam_energy", 1.0, TODAY) == pytest.approx(110)


def test_british_heat_is_per_kwh(kg) -> None:  # noqa: ANN001
    assert kg("heat_energy", 3.6, date(2025, 5, 1), "GB") == pytest.approx(175.29)


def test_natural_gas_counts_at_its_reference_condition(kg) -> None:  # noqa: ANN001
    assert kg("gas_volume_0c", 10_000.0, TODAY) == pytest.approx(21_621.888)
    assert kg("gas_volume_20c", 10_000.0, TODAY) == pytest.approx(21_621.888 * 273.15 / 293.15)
    assert kg("gas_volume_15c", 10_000.0, TODAY) == pytest.approx(21_621.888 * 273.15 / 288.15)


@pytest.mark.parametrize("reference", [0, 15, 20])
@pytest.mark.parametrize("metered", [0, 15, 20])
def test_gas_meets_the_reference_condition_of_its_factor(metered: int, reference: int) -> None:
    """1 000 m3 at 15 degC are 947.95 m3 at 0 degC and 1 017.35 m3 at 20 degC, at one pressure."""
    per = dict(SOURCES[f"gas_volume_{metered}c"].per)[f"m3_{reference}c"]
    assert per == pytest.approx((273.15 + reference) / (273.15 + metered))


def test_normal_volume_shrinks_what_was_measured_warm() -> None:
    assert normal_volume(0.0) == 1.0
    assert normal_volume(20.0) == pytest.approx(0.931776, abs=1e-6)


@pytest.mark.parametrize("quantity", sorted(UNSETTLED))
def test_what_does_not_say_enough_is_a_shortfall_with_the_reason(
    factors: tuple[Factor, ...], quantity: str
) -> None:
    choice = choose_for(factors, quantity, day=TODAY, known=TODAY, regions=["CN-GD", "CN"])
    assert choice is not None
    assert (choice.factor, choice.rule, choice.shortfall) == (None, Rule.NONE, UNSETTLED[quantity])


def test_a_region_without_a_factor_is_a_shortfall(factors: tuple[Factor, ...]) -> None:
    choice = choose_for(factors, "energy_import", day=TODAY, known=TODAY, regions=["CN-XZ"])
    assert choice is not None
    assert choice.shortfall == (
        "no scope2_location electricity per kWh factor for 2026-11-22 in CN-XZ was known on 2026-11-22"
    )


@pytest.mark.parametrize("quantity", ["energy_export", "recovered_heat_energy", "water_volume", "voltage"])
def test_what_emits_nothing_asks_for_nothing(factors: tuple[Factor, ...], quantity: str) -> None:
    assert choose_for(factors, quantity, day=TODAY, known=TODAY, regions=["CN"]) is None


def test_every_source_is_in_the_catalogue_and_has_a_scope() -> None:
    assert set(SOURCES) | set(UNSETTLED) <= set(CATALOGUE)
    assert not set(SOURCES) & set(UNSETTLED)
    assert {source.scope for source in SOURCES.values()} == {1, 2}


def test_scopes_are_those_of_the_factors(factors: tuple[Factor, ...]) -> None:
    for source in set(SOURCES.values()) - {COOLING}:  # no publication of the library rates bought cooling
        asked = [f for f in factors if (f.purpose, f.item) == (source.purpose, source.item)]
        assert asked
        assert {f.scope for f in asked} == {source.scope}


def test_a_factor_per_something_else_is_refused(factors: tuple[Factor, ...]) -> None:
    grid = next(f for f in factors if f.item == "electricity" and f.region == "CN-GD")
    assert rate(ELECTRICITY, grid) == grid.kg
    with pytest.raises(FactorError, match="is per kWh, not per 1e4Nm3"):
        rate(SOURCES["gas_volume_0c"], grid)
    assert rate(HEAT, grid) == pytest.approx(grid.kg * 277.7777777778)


def test_unknown_amounts_and_rates_stay_unknown() -> None:
    amount = np.array([[1.0, np.nan, 3.0, 4.0], [0.0, 5.0, 6.0, 7.0]])
    kg = emitted(amount, np.array([0.5, np.nan]), np.array([0, 0, 1, 0]))
    np.testing.assert_array_equal(kg, [[0.5, np.nan, np.nan, 2.0], [0.0, 2.5, np.nan, 3.5]])


def test_a_flow_that_is_shown_twice_counts_once() -> None:
    assert emitting({"active_power", "energy_import", "voltage"}) == ("energy_import",)
    assert emitting({"gas_volume", "gas_volume_20c", "gas_flow"}) == ("gas_volume_20c",)
    assert emitting({"gas_volume"}) == ("gas_volume",)
    assert emitting({"steam_mass", "steam_energy", "active_power"}) == ("active_power", "steam_energy")
    assert emitting({"energy_export", "water_volume"}) == ()


def test_every_emitting_quantity_has_its_place() -> None:
    assert {name for name in CATALOGUE if emitting([name])} == set(SOURCES) | set(UNSETTLED)
