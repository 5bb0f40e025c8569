from collections.abc import Callable

import numpy as np
import pytest

from accounting import fuels, scope1
from accounting.errors import ActivityError

Rows = Callable[[str], list[dict[str, str]]]


def test_fuel_is_activity_times_heating_value_times_carbon_times_oxidation(rows: Rows) -> None:
    diesel = fuels.parse(rows("factors/cn-industry-guideline/fuels.csv"))["cnA.diesel"]
    tonnes = np.array([[1.0, 2.5, np.nan], [0.0, 10.0, 1.0]])
    found = scope1.burnt(tonnes, diesel.heating_value, diesel.carbon, diesel.oxidation)
    np.testing.assert_allclose(found, tonnes * 3.145122, rtol=1e-6)
    assert np.isnan(found[0, 2])


def test_a_measured_heating_value_of_each_meter_takes_the_place_of_the_tabulated() -> None:
    found = scope1.burnt(np.ones((2, 2)), np.array([[40.0], [44.0]]), 0.02, 0.98)
    np.testing.assert_allclose(found[:, 0], [40 * 0.02 * 0.98 * 44 / 12, 44 * 0.02 * 0.98 * 44 / 12])


def test_a_missing_factor_stays_unknown() -> None:
    found = scope1.direct(np.array([[1.0, 2.0]]), np.array([np.nan, 3.0]))
    assert np.isnan(found[0, 0])
    assert found[0, 1] == 6.0


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda: scope1.burnt(np.array([[1.0, -2.0]]), 40, 0.02), r"fuel -2 at \[0, 1\]"),
        (lambda: scope1.direct(np.array([[np.inf]]), 1.0), "activity inf"),
        (lambda: scope1.burnt(np.ones((1, 1)), 0, 0.02), "heating value 0 is not above 0"),
        (lambda: scope1.burnt(np.ones((1, 1)), 40, -1), "carbon content -1"),
        (lambda: scope1.burnt(np.ones((1, 1)), 40, 0.02, 1.01), "oxidation 1.01 is not above 0 and up to 1"),
        (lambda: scope1.at_zero(np.ones(1), -273.15), r"temperature \[K\] 0"),
        (lambda: scope1.at_zero(np.ones(1), 20, 0), r"absolute pressure \[kPa\] 0"),
        (lambda: scope1.net_value(38.0, 1.2), "net over gross 1.2"),
        (lambda: scope1.escaped(1.0, 2.0, 4.0), "refrigerant that escaped -1"),
        (lambda: scope1.reacted(np.ones(1), 0.44, 2.0), "share that reacts 2"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_value(act: Callable[[], object], told: str) -> None:
    with pytest.raises(ActivityError, match=told):
        act()


@pytest.mark.parametrize(
    ("celsius", "kilopascal", "expected"),
    [(0.0, 101.325, 1.0), (15.0, 101.325, 273.15 / 288.15), (20.0, 101.325, 273.15 / 293.15)],
)
def test_gas_of_a_reference_condition_is_brought_to_0_degrees(
    celsius: float, kilopascal: float, expected: float
) -> None:
    assert scope1.at_zero(np.ones(1), celsius, kilopascal)[0] == pytest.approx(expected, rel=1e-12)


def test_gas_at_actual_conditions_is_brought_to_0_degrees_by_pressure_and_temperature() -> None:
    found = scope1.at_zero(np.array([[100.0, 100.0]]), np.array([20.0, 30.0]), np.array([[202.65]]))
    np.testing.assert_allclose(found, [[200 * 273.15 / 293.15, 200 * 273.15 / 303.15]])


def test_a_gross_value_of_gas_is_a_tenth_above_its_net_value() -> None:
    assert scope1.net_value(39.0) == pytest.approx(35.1)


def test_refrigerant_that_escaped_is_what_the_balance_lacks() -> None:
    np.testing.assert_allclose(scope1.escaped([0.0, 10.0], [5.0, 20.0], [0.0, 12.0], [0.0, 8.0]), [5.0, 10.0])


def test_a_process_emits_by_what_reacts() -> None:
    np.testing.assert_allclose(scope1.reacted(np.array([[100.0]]), 0.43971, 0.95), [[41.77245]])
