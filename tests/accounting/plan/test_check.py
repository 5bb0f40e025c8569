"""What plans cost, what they break, and what could move."""

import numpy as np
import pytest

from accounting.errors import PlanError
from accounting.plan.check import Conflict, Kind, bills, conflicts, moves, runs_of
from accounting.plan.job import Aim, Horizon, Job

PRICE = np.array([0.3, 0.3, 0.3, 0.3, 1.2, 1.2, 1.2, 1.2])
BAND = np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=np.uint8)


def horizon(**given: object) -> Horizon:
    plain = {
        "price": PRICE,
        "carbon": np.full(8, 0.5),
        "band": BAND,
        "base": np.full(8, 50.0),
        "sun": np.zeros(8),
        "limit_kw": 150.0,
        "crew": np.full(8, 3),
    }
    return Horizon(**(plain | given))  # type: ignore[arg-type]


def job(code: str = "J", line: str = "L", kw: float = 40.0, long: int = 2, **given: object) -> Job:
    plain = {"power": np.full(long, kw), "earliest": 0, "deadline": 8}
    return Job(code=code, line=line, **(plain | given))  # type: ignore[arg-type]


def test_energy_money_and_carbon_by_hand() -> None:
    """40 kW from the last valley quarter hour into the peak: 10 kWh at 0.3 and 10 kWh at 1.2."""
    one = job()
    found = bills([one], {"J": one.from_start(3)}, horizon(), 2)["J"]
    assert found.energy.tolist() == [10.0, 10.0]
    assert found.money == pytest.approx(15.0)
    assert found.carbon == pytest.approx(10.0)


def test_own_generation_that_nothing_takes_costs_what_feeding_in_would_bring() -> None:
    """60 kW of sun over 50 kW of base leave 10 kW, of which two equal jobs take half each."""
    one, other = job("A", "L"), job("B", "M")
    sunny = horizon(sun=np.full(8, 60.0), feed_in=0.2)
    found = bills([one, other], {"A": one.from_start(0), "B": other.from_start(0)}, sunny, 2)
    assert found["A"].money == pytest.approx(20 * (0.125 * 0.2 + 0.875 * 0.3))
    assert found["B"].carbon == pytest.approx(20 * 0.875 * 0.5)


def test_unpriced_is_not_free() -> None:
    one = job()
    found = bills([one], {"J": one.from_start(0)}, horizon(price=np.full(8, np.nan)), 2)["J"]
    assert np.isnan(found.money)
    assert found.carbon == pytest.approx(10.0)


def test_a_plan_that_keeps_every_promise_has_no_conflict() -> None:
    first, then = job("A"), job("B", after=("A",), setup=1, crew=3)
    assert conflicts([first, then], {"A": first.from_start(0), "B": then.from_start(3)}, horizon()) == []


CASES = {
    "early": (job(earliest=4), 3, Conflict(Kind.EARLY, "J", 3, 4)),
    "early by its set-up": (job(earliest=4, setup=2), 5, Conflict(Kind.EARLY, "J", 3, 4)),
    "late": (job(deadline=5), 4, Conflict(Kind.LATE, "J", 5, 6)),
    "outside": (job(deadline=12), 7, Conflict(Kind.OUTSIDE, "J", 7, 9)),
    "too few people": (job(crew=4), 1, Conflict(Kind.CREW, "J", 1, 3, None, 4.0, 3.0)),
    "too few people for the set-up": (
        job(crew=4, setup=1, long=1),
        1,
        Conflict(Kind.CREW, "J", 0, 2, None, 4.0, 3.0),
    ),
    "contract demand": (job(kw=101.0), 2, Conflict(Kind.DEMAND, "J", 2, 4, None, 151.0, 150.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_each_broken_promise_is_named(name: str) -> None:
    one, start, expected = CASES[name]
    assert conflicts([one], {"J": one.from_start(start)}, horizon()) == [expected]


def test_two_jobs_on_a_line_at_once() -> None:
    one, other = job("A"), job("B", setup=1)
    found = conflicts([one, other], {"A": one.from_start(2), "B": other.from_start(4)}, horizon())
    assert found == [Conflict(Kind.LINE, "B", 3, 4, "A")]


def test_two_jobs_together_break_the_contract_demand() -> None:
    one, other = job("A", "L", 60.0), job("B", "M", 60.0)
    found = conflicts([one, other], {"A": one.from_start(2), "B": other.from_start(3)}, horizon())
    assert [(each.job, each.first, each.end, each.amount) for each in found] == [
        ("A", 3, 4, 170.0),
        ("B", 3, 4, 170.0),
    ]


def test_own_generation_leaves_room_under_the_contract_demand() -> None:
    one = job(kw=101.0)
    assert conflicts([one], {"J": one.from_start(2)}, horizon(sun=np.full(8, 2.0))) == []


def test_order() -> None:
    first, then = job("A"), job("B", "M", after=("A",))
    found = conflicts([first, then], {"A": first.from_start(2), "B": then.from_start(3)}, horizon())
    assert found == [Conflict(Kind.ORDER, "B", 3, 4, "A")]


def test_a_job_in_the_peak_could_move_to_the_valley() -> None:
    one = job()
    [(code, move)] = moves([one], {"J": one.from_start(4)}, horizon(), Aim()).items()
    assert (code, move.slots.tolist()) == ("J", [0, 1])
    assert move.saves == pytest.approx(20 * 0.9)


def test_a_job_whose_valley_is_taken_stays() -> None:
    one, other = job("A"), job("B", long=4)
    placed = {"A": one.from_start(4), "B": other.from_start(0)}
    assert moves([one, other], placed, horizon(), Aim()) == {}


def test_a_job_in_conflict_is_offered_a_place_though_it_costs_more() -> None:
    one, other = job("A", long=4), job("B")
    placed = {"A": one.from_start(0), "B": other.from_start(2)}
    found = moves([one, other], placed, horizon(), Aim())
    assert found["B"].slots.tolist() == [4, 5]
    assert found["B"].saves == pytest.approx(-18.0)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"power": np.array([])}, "duration"),
        ({"power": np.array([-1.0])}, "power_kw"),
        ({"power": np.array([np.nan])}, "power_kw"),
        ({"power": np.array([1.0, 2.0]), "interruptible": True}, "interruptible"),
        ({"deadline": 0}, "deadline"),
        ({"earliest": -1}, "earliest"),
        ({"deadline": 2, "setup": 1}, "deadline"),
    ],
)
def test_jobs_that_cannot_be_are_refused_by_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(PlanError) as error:
        job(**given)
    assert (error.value.job, error.value.field) == ("J", field)


def test_runs() -> None:
    assert runs_of(np.array([1, 2, 5, 7, 8])) == [(1, 3), (5, 6), (7, 9)]
    assert runs_of(np.array([], dtype=np.int64)) == []
