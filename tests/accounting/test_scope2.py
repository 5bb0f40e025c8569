from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounting.errors import ActivityError
from accounting.scope2 import Instruments, Tier, location, lost, market, matching, unbacked, unmatched

ALWAYS = (0, 1 << 40)


def held(
    *those: tuple[str, Tier, float, float],
    span: tuple[int, int] = ALWAYS,
    consumers: Sequence[Sequence[bool]] | None = None,
    meters: int = 1,
) -> Instruments:
    count = len(those)
    return Instruments(
        tuple(each[0] for each in those),
        np.array([each[1] for each in those], np.int8),
        np.array([each[2] for each in those], np.float64),
        np.array([each[3] for each in those], np.float64),
        np.full(count, span[0], np.int64),
        np.full(count, span[1], np.int64),
        np.ones((count, meters), bool) if consumers is None else np.array(consumers, bool),
    )


def test_each_kwh_is_served_by_the_first_tier_that_has_some() -> None:
    load = np.full((1, 4), 25.0)
    found = market(
        load,
        held(
            ("supplier", Tier.SUPPLIER, 20.0, 0.4),
            ("contract", Tier.CONTRACT, 30.0, 0.1),
            ("certificate", Tier.CERTIFICATE, 10.0, 0.0),
        ),
        residual=0.6,
        average=0.5,
    )
    np.testing.assert_allclose(found.served[:, 0], [10.0, 30.0, 20.0, 40.0, 0.0, 0.0])
    assert found.kg.sum() == pytest.approx(30 * 0.1 + 20 * 0.4 + 40 * 0.6)
    np.testing.assert_allclose(found.unused, 0.0, atol=1e-12)


def test_without_a_residual_the_average_serves_and_without_either_the_energy_is_short() -> None:
    load = np.array([[10.0, 10.0, 10.0]])
    found = market(
        load, held(), residual=np.array([0.6, np.nan, np.nan]), average=np.array([0.5, 0.5, np.nan])
    )
    np.testing.assert_allclose(found.served[:, 0], [0, 0, 0, 10, 10, 10])
    np.testing.assert_allclose(found.kg, [[6.0, 5.0, np.nan]])


def test_what_each_gave_in_each_interval_and_what_the_grid_did_add_up() -> None:
    load = np.array([[10.0, 30.0, np.nan], [20.0, 0.0, 5.0]])
    held_by_all = held(("contract", Tier.CONTRACT, 20.0, 0.1), ("rate", Tier.SUPPLIER, 15.0, 0.4), meters=2)
    found = market(load, held_by_all, residual=0.6, average=0.5)
    by_instrument = found.given * held_by_all.rate[:, None]
    np.testing.assert_allclose(
        np.nansum(found.kg, axis=0), by_instrument.sum(axis=0) + np.nansum(found.rest, axis=0)
    )
    np.testing.assert_allclose(found.given.sum(axis=1), found.taken.sum(axis=1))


def test_a_certificate_serves_only_its_consumer_and_its_intervals() -> None:
    load = np.full((2, 4), 10.0)
    found = market(
        load,
        held(("c", Tier.CERTIFICATE, 100.0, 0.0), span=(1, 3), consumers=[[True, False]], meters=2),
        residual=1.0,
        average=np.nan,
    )
    np.testing.assert_allclose(found.kg, [[10, 0, 0, 10], [10, 10, 10, 10]])
    np.testing.assert_allclose(found.taken, [[20, 0]])
    assert found.unused[0] == 80.0


def test_a_certificate_counts_once() -> None:
    with pytest.raises(ActivityError, match="certificate 'GEC-1' stands twice; it counts once"):
        held(("GEC-1", Tier.CERTIFICATE, 1000.0, 0.0), ("GEC-1", Tier.CERTIFICATE, 1000.0, 0.0))


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda: held(("c", Tier.CERTIFICATE, -1.0, 0.0)), "'c': its energy"),
        (lambda: held(("c", Tier.CERTIFICATE, 1.0, np.nan)), "'c': its rate"),
        (lambda: held(("c", Tier.RESIDUAL, 1.0, 0.0)), "of tier 3"),
        (lambda: market(np.array([[-1.0]]), held(), 1.0, 1.0), r"load -1 at \[0, 0\]"),
        (
            lambda: market(np.ones((3, 1)), held(("c", Tier.CERTIFICATE, 1.0, 0.0)), 1.0, 1.0),
            "do not fit 3 meters",
        ),
        (lambda: location(np.array([[-1.0]]), 1.0), "load -1"),
        (lambda: lost(np.ones((1, 1)), 1.0), "share of losses 1"),
        (lambda: unbacked(np.ones((1, 1)), [-1.0]), "sold certificates -1"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_value(act: Callable[[], object], told: str) -> None:
    with pytest.raises(ActivityError, match=told):
        act()


@given(
    load=st.lists(st.lists(st.floats(0, 1e4), min_size=4, max_size=4), min_size=1, max_size=5),
    energy=st.lists(st.floats(0, 1e5), min_size=0, max_size=4),
)
@example(load=[[0.0, 0.0, 0.0, 5e-324]], energy=[1.0])
def test_every_kwh_is_served_once_and_no_instrument_gives_more_than_it_holds(
    load: list[list[float]], energy: list[float]
) -> None:
    those = [(str(n), Tier(n % 3), each, 0.1 * n) for n, each in enumerate(energy)]
    instruments = held(*those, meters=len(load))
    found = market(np.array(load), instruments, residual=0.6, average=0.5)
    np.testing.assert_allclose(found.served.sum(axis=0), np.sum(load, axis=1), rtol=1e-9, atol=1e-9)
    assert (found.unused >= -1e-6).all()
    rate = instruments.rate @ found.taken + found.served[Tier.RESIDUAL] * 0.6
    np.testing.assert_allclose(found.kg.sum(axis=1), rate, rtol=1e-9, atol=1e-9)


def test_what_is_missing_is_neither_served_nor_zero() -> None:
    found = market(np.array([[np.nan, 1.0]]), held(("c", Tier.CERTIFICATE, 9.0, 0.0)), 1.0, 1.0)
    assert np.isnan(found.kg[0, 0])
    assert found.served.sum() == 1.0


def test_location_takes_a_series_or_a_factor_by_meter() -> None:
    load = np.array([[1.0, 2.0], [3.0, np.nan]])
    np.testing.assert_allclose(location(load, np.array([0.5, 0.1])), [[0.5, 0.2], [1.5, np.nan]])
    np.testing.assert_allclose(location(load, np.array([[0.5], [0.1]])), [[0.5, 1.0], [0.3, np.nan]])


def test_self_use_whose_certificate_was_sold_is_not_zero() -> None:
    own = np.array([[30.0, 70.0], [10.0, 0.0]])
    np.testing.assert_allclose(unbacked(own, [50.0, 0.0]), [[15.0, 35.0], [0.0, 0.0]])
    np.testing.assert_allclose(unbacked(own, [500.0, 0.0])[0], own[0])
    served = market(unbacked(own, [50.0, 0.0]), held(meters=2), residual=0.6, average=np.nan)
    np.testing.assert_allclose(served.kg.sum(axis=1), [30.0, 0.0])


def test_a_surplus_of_one_hour_helps_no_other() -> None:
    score, coverage = matching(
        np.array([[10.0, 10.0, 10.0, np.nan], [0.0, 0.0, 0.0, 0.0]]),
        np.array([[20.0, 5.0, 0.0, 10.0], [1.0, 1.0, 1.0, 1.0]]),
    )
    assert score[0] == 0.5
    assert np.isnan(score[1])
    np.testing.assert_allclose(coverage, [0.75, 1.0])


def test_losses_stand_on_top_of_what_arrived() -> None:
    np.testing.assert_allclose(lost(np.array([[95.0, np.nan]]), 0.05), [[5.0, np.nan]])


def test_what_clean_supply_leaves_counts_by_the_carbon_of_its_hour() -> None:
    load, clean = np.array([[10.0, 10.0, 10.0, np.nan]]), np.array([[4.0, 20.0, 0.0, 1.0]])
    kg, score = unmatched(load, clean, np.array([0.5, 0.2, np.nan, 0.5]))
    np.testing.assert_allclose(kg, [6 * 0.5])
    np.testing.assert_allclose(score, [1 - 3.0 / (10 * 0.5 + 10 * 0.2)])
    unknown = unmatched(load, clean, np.nan)
    assert np.isnan(unknown).all()
    with pytest.raises(ActivityError, match="clean supply -1"):
        unmatched(load, -np.ones((1, 4)), 0.5)
