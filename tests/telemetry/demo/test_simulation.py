from itertools import pairwise

import numpy as np
import pytest

from accounting.quantity import Carrier
from telemetry.demo.noise import key_of
from telemetry.demo.park import PARK, Feeder, Follower
from telemetry.demo.simulation import DAY_S, Simulation, losses, unmetered
from telemetry.model import Meter, Site

NOW = 1_795_332_600
FEEDERS = sorted(code for code, behind in PARK.items() if isinstance(behind, Feeder))
DAYS = range(0, 36, 5)
SUNDAY_NOON, WEDNESDAY_TEN = 1_795_320_000, 1_794_967_200


@pytest.fixture(scope="module")
def quarters(simulation: Simulation) -> np.ndarray:
    return np.arange(simulation.epoch_s, NOW, 900, dtype=np.float64)


def column(simulation: Simulation, code: str) -> int:
    return simulation.codes.index(code)


def below(site: Site, code: str) -> list[Meter]:
    return [meter for meter in site.meters if meter.parent == code]


@pytest.mark.parametrize("code", FEEDERS)
def test_a_feeder_carries_its_children_the_unmetered_and_the_losses(
    code: str, site: Site, simulation: Simulation
) -> None:
    behind = PARK[code]
    assert isinstance(behind, Feeder)
    for day in DAYS:
        t = simulation.epoch_s + day * DAY_S + np.arange(8641) * 10.0
        rates = simulation.nodes(day)
        children = sum((rates[column(simulation, child.code)] for child in below(site, code)), np.zeros(8641))
        through = children + unmetered(behind, t, key_of(code))
        np.testing.assert_allclose(
            rates[column(simulation, code)], through + losses(behind, through), rtol=1e-12, atol=1e-9
        )


def test_energies_add_up_along_the_tree_like_powers(site: Site, simulation: Simulation) -> None:
    t = np.array([NOW - 10 * DAY_S, NOW - DAY_S / 3], dtype=np.float64)
    course = simulation.course(t)
    net = (course.forward - course.backward)[1] - (course.forward - course.backward)[0]
    fine = np.linspace(t[0], t[1], int((t[1] - t[0]) // 10) + 1)
    rates = simulation.course(fine).rate
    for code in FEEDERS:
        own, children = column(simulation, code), [column(simulation, m.code) for m in below(site, code)]
        rest = rates[:, own] - rates[:, children].sum(axis=1)
        expected = np.trapezoid(rest, fine) / 3600
        assert net[own] - net[children].sum() == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_main_transformers_lose_about_one_percent(simulation: Simulation, quarters: np.ndarray) -> None:
    rates = simulation.course(quarters).rate
    for code in ("P-M02", "P-M03"):
        through = rates[:, column(simulation, code)]
        behind = PARK[code]
        assert isinstance(behind, Feeder)
        share = losses(behind, through).sum() / through.sum()
        assert 0.003 < share < 0.015
    shops = [PARK[f"{e}-M00"] for e in "ABCDE"]
    for feeder in shops:
        assert isinstance(feeder, Feeder)
        full = losses(feeder, np.array([feeder.rated]))[0] / feeder.rated
        assert 0.008 <= full <= 0.015


def test_counters_never_fall(simulation: Simulation, quarters: np.ndarray) -> None:
    course = simulation.course(quarters)
    assert (np.diff(course.forward, axis=0) >= 0).all()
    assert (np.diff(course.backward, axis=0) >= 0).all()


def test_a_counter_is_the_integral_of_the_power_polled_each_five_seconds(simulation: Simulation) -> None:
    polls = np.arange(NOW - 900.0 + 1.3, NOW + 2, 5)
    course = simulation.course(polls)
    counted = (course.forward - course.backward)[-1] - (course.forward - course.backward)[0]
    integral = np.trapezoid(course.rate, polls, axis=0) / 3600
    busy = np.abs(integral) > 0
    assert busy.sum() > 50
    np.testing.assert_allclose(counted[busy], integral[busy], rtol=1e-3)


def test_the_same_instant_gives_the_same_numbers_in_another_run(site: Site, simulation: Simulation) -> None:
    t = np.array([NOW - 3 * DAY_S + 123.4])
    again = Simulation(site.read_meters, PARK, simulation.epoch_s)
    np.testing.assert_array_equal(again.course(t).forward, simulation.course(t).forward)


def test_counters_go_on_over_midnight(simulation: Simulation) -> None:
    midnight = simulation.epoch_s + 20 * DAY_S
    course = simulation.course(np.array([midnight - 1e-3, midnight, midnight + 1e-3]))
    steps = [b - a for a, b in pairwise(course.forward)]
    assert np.abs(steps).max() < 0.01


def test_before_the_epoch_there_is_nothing(simulation: Simulation) -> None:
    with pytest.raises(ValueError, match="no past before its epoch"):
        simulation.course(np.array([simulation.epoch_s - 1.0]))


def test_the_packaging_roof_exports_at_the_weekend_and_not_in_the_week(simulation: Simulation) -> None:
    course = simulation.course(np.array([SUNDAY_NOON, WEDNESDAY_TEN], dtype=np.float64))
    sunday, wednesday = course.rate[:, column(simulation, "C-M00")]
    assert sunday < 0 < wednesday


def test_the_park_itself_imports(simulation: Simulation, quarters: np.ndarray) -> None:
    incomer = simulation.course(quarters).rate[:, column(simulation, "P-M01")]
    assert incomer.min() > 500
    assert 3500 < incomer.max() < 5200


def test_the_bakery_works_at_night_and_the_data_room_always(simulation: Simulation) -> None:
    night = np.arange(WEDNESDAY_TEN - 8 * 3600, WEDNESDAY_TEN - 4 * 3600, 60, dtype=np.float64)
    evening = night + 15 * 3600
    rates, later = simulation.course(night).rate.mean(axis=0), simulation.course(evening).rate.mean(axis=0)
    assert rates[column(simulation, "D-M02")] > 2.5 * later[column(simulation, "D-M02")]
    room = column(simulation, "E-M01")
    assert rates[room] == pytest.approx(later[room], rel=0.05)


def test_the_sun_does_not_shine_at_night(simulation: Simulation) -> None:
    midnight = np.array([simulation.epoch_s + 7.0 * DAY_S])
    assert simulation.course(midnight).rate[0, column(simulation, "A-M11")] > 0


def test_followers_follow(simulation: Simulation) -> None:
    rates = simulation.course(np.array([float(NOW)])).rate[0]
    follower = PARK["A-R01"]
    assert isinstance(follower, Follower)
    assert rates[column(simulation, "A-R01")] == pytest.approx(
        follower.factor * rates[column(simulation, "A-M09")], rel=1e-12
    )


def test_every_carrier_of_the_issue_is_there(site: Site) -> None:
    carriers = {meter.carrier for meter in site.meters}
    wanted = {Carrier.ELECTRICITY, Carrier.GAS, Carrier.STEAM, Carrier.WATER, Carrier.RECOVERED_HEAT}
    assert wanted | {Carrier.PRODUCTION} <= carriers
