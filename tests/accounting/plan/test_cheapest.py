"""The optimiser against every plan there is, on instances small enough to try them all."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.errors import PlanError
from accounting.plan.board import Board
from accounting.plan.check import conflicts
from accounting.plan.job import Aim, Horizon, Job, Slots
from accounting.plan.optimise import Effort, Solution, optimise

COUNT = 7
EXACT = Effort(seconds=600.0, gap=0.0)
amounts = st.integers(0, 12).map(float)


def horizon(**given: object) -> Horizon:
    plain = {
        "price": np.ones(COUNT),
        "carbon": np.full(COUNT, 0.5),
        "band": np.zeros(COUNT, np.uint8),
        "base": np.zeros(COUNT),
        "sun": np.zeros(COUNT),
    }
    return Horizon(**(plain | given))  # type: ignore[arg-type]


@st.composite
def jobs_of(draw: st.DrawFn) -> list[Job]:
    found: list[Job] = []
    for number in range(draw(st.integers(1, 3))):
        d, setup = draw(st.integers(1, 3)), draw(st.integers(0, 1))
        interruptible = draw(st.booleans())
        even = np.full(d, draw(amounts))
        power = even if interruptible else np.array(draw(st.lists(amounts, min_size=d, max_size=d)))
        earliest = draw(st.integers(0, COUNT - d - setup))
        found.append(
            Job(
                code=f"J{number}",
                line=draw(st.sampled_from(["L1", "L2"])),
                power=power,
                earliest=earliest,
                deadline=draw(st.integers(earliest + d + setup, COUNT)),
                interruptible=interruptible,
                after=(found[-1].code,) if found and draw(st.booleans()) else (),
                setup=setup,
                crew=draw(st.integers(0, 2)),
            )
        )
    return found


@st.composite
def horizons(draw: st.DrawFn) -> Horizon:
    def row(of: st.SearchStrategy[float]) -> np.ndarray:
        return np.array(draw(st.lists(of, min_size=COUNT, max_size=COUNT)))

    return horizon(
        price=row(st.integers(1, 9).map(float)),
        base=row(amounts),
        sun=row(st.sampled_from([0.0, 0.0, 6.0, 20.0])),
        feed_in=draw(st.sampled_from([0.0, 2.0])),
        limit_kw=draw(st.sampled_from([np.inf, 20.0, 14.0])),
        crew=draw(st.sampled_from([None, np.full(COUNT, 2), np.array([1, 1, 2, 3, 3, 2, 1])])),
    )


def placements(job: Job) -> list[Slots]:
    """Those from its earliest start to its deadline."""
    if not job.interruptible:
        starts = range(job.earliest, job.deadline - job.duration + 1)
        return [job.from_start(start) for start in starts]
    return [np.array(each) for each in combinations(range(job.earliest, job.deadline), job.duration)]


def every_cost(jobs: list[Job], within: Horizon, aim: Aim) -> list[float]:
    """Of each plan that breaks nothing."""
    found = []
    for chosen in product(*map(placements, jobs)):
        placed = {job.code: slots for job, slots in zip(jobs, chosen, strict=True)}
        if not conflicts(jobs, placed, within):
            board = Board(jobs, within, aim)
            for code, slots in placed.items():
                board.put(code, slots)
            found.append(board.cost)
    return found


def solved(jobs: list[Job], within: Horizon, aim: Aim) -> Solution:
    solution = optimise(jobs, within, aim, EXACT)
    assert conflicts(jobs, solution.placed, within) == []
    return solution


@settings(max_examples=60)
@given(jobs_of(), horizons(), st.sampled_from([Aim(), Aim(0.0, 1.0), Aim(1.0, 0.2)]))
def test_the_cheapest_of_all_plans_is_found(jobs: list[Job], within: Horizon, aim: Aim) -> None:
    costs = every_cost(jobs, within, aim)
    solution = solved(jobs, within, aim)
    assert solution.impossible == (not costs)
    assert bool(solution.obstacles) == solution.impossible
    for obstacle in solution.obstacles:
        assert every_cost(_alone([job for job in jobs if job.code in obstacle.jobs]), within, aim) == []
    if costs:
        assert solution.left_out == ()
        assert solution.cost == pytest.approx(min(costs), abs=1e-6)
        assert solution.bound <= min(costs) + 1e-6


def test_an_interruptible_job_takes_the_valleys_on_both_sides() -> None:
    price = np.array([1.0, 1.0, 9.0, 9.0, 9.0, 1.0, 1.0])
    job = Job(code="J", line="L", power=np.full(4, 8.0), earliest=0, deadline=COUNT, interruptible=True)
    assert solved([job], horizon(price=price), Aim()).placed["J"].tolist() == [0, 1, 5, 6]


def test_a_set_up_before_every_run_is_paid_in_time() -> None:
    price = np.array([1.0, 1.0, 9.0, 1.0, 9.0, 1.0, 9.0])
    job = Job(
        code="J", line="L", power=np.full(3, 8.0), earliest=0, deadline=COUNT, interruptible=True, setup=1
    )
    assert solved([job], horizon(price=price), Aim()).placed["J"].tolist() == [1, 3, 5]


def test_own_generation_is_shared_not_counted_for_each_job() -> None:
    sun = np.array([0.0, 0.0, 10.0, 0.0, 0.0, 0.0, 0.0])
    jobs = [
        Job(code=code, line=code, power=np.array([10.0]), earliest=0, deadline=COUNT) for code in ("A", "B")
    ]
    assert solved(jobs, horizon(sun=sun), Aim()).cost == pytest.approx(2.5)


def test_a_job_that_fits_nowhere_is_named_with_its_promise() -> None:
    job = Job(code="J", line="L", power=np.array([30.0]), earliest=0, deadline=COUNT)
    solution = optimise([job], horizon(limit_kw=20.0), Aim(), EXACT)
    assert [(each.kind, each.jobs) for each in solution.obstacles] == [("demand", ("J",))]
    assert solution.impossible
    assert solution.left_out == ("J",)


def _alone(jobs: list[Job]) -> list[Job]:
    codes = {job.code for job in jobs}
    return [replace(job, after=tuple(code for code in job.after if code in codes)) for job in jobs]


@pytest.mark.parametrize(
    ("power", "crew", "within", "kind"),
    [
        (9.0, 0, {"limit_kw": 20.0}, "demand"),
        (1.0, 1, {"crew": np.full(COUNT, 2)}, "crew"),
    ],
)
def test_jobs_that_together_break_a_promise_are_named_with_it(
    power: float, crew: int, within: dict[str, object], kind: str
) -> None:
    """Two of three fit at a time, and there is time for no third; a fourth job has nothing to do with it."""
    jobs = [
        Job(code=code, line=code, power=np.full(2, power), earliest=1, deadline=4, crew=crew)
        for code in ("A", "B", "C")
    ]
    other = Job(code="D", line="D", power=np.ones(1), earliest=0, deadline=COUNT)
    solution = optimise([other, *jobs], horizon(**within), Aim(), EXACT)
    assert [(each.kind, each.jobs) for each in solution.obstacles] == [(kind, ("A", "B", "C"))]


def test_a_line_and_an_order_that_together_leave_no_plan_are_both_named() -> None:
    """B waits for A, which C keeps off the line."""
    jobs = [
        Job(code="A", line="L", power=np.ones(2), earliest=0, deadline=COUNT),
        Job(code="C", line="L", power=np.ones(2), earliest=0, deadline=3),
        Job(code="B", line="M", power=np.ones(2), earliest=0, deadline=5, after=("A",)),
    ]
    found = optimise(jobs, horizon(), Aim(), EXACT).obstacles
    assert {(each.kind, each.jobs) for each in found} == {
        ("line", ("A", "C", "B")),
        ("order", ("A", "C", "B")),
    }


def test_a_line_with_too_much_to_do_is_named_with_what_it_needs_and_has() -> None:
    jobs = [Job(code=code, line="L", power=np.ones(3), earliest=1, deadline=6) for code in ("A", "B")]
    [obstacle] = optimise(jobs, horizon(), Aim(), EXACT).obstacles
    assert (obstacle.kind, obstacle.jobs, obstacle.need, obstacle.have) == ("line", ("A", "B"), 6, 5)


def test_a_chain_that_ends_too_late_is_named() -> None:
    first = Job(code="A", line="L", power=np.ones(4), earliest=1, deadline=COUNT)
    then = Job(code="B", line="M", power=np.ones(3), earliest=0, deadline=COUNT, after=("A",))
    [obstacle] = optimise([first, then], horizon(), Aim(), EXACT).obstacles
    assert (obstacle.kind, obstacle.jobs, obstacle.need, obstacle.have) == ("order", ("A", "B"), 3, 2)


def test_quarter_hours_without_a_price_are_refused() -> None:
    price = np.array([1.0, np.nan, 1.0, 1.0, 1.0, 1.0, 1.0])
    job = Job(code="J", line="L", power=np.ones(1), earliest=0, deadline=COUNT)
    with pytest.raises(PlanError, match="quarter hour 1 has no price"):
        optimise([job], horizon(price=price), Aim(), EXACT)


def test_jobs_that_wait_for_one_another_are_refused() -> None:
    jobs = [
        Job(code=code, line=code, power=np.ones(1), earliest=0, deadline=COUNT, after=(other,))
        for code, other in (("A", "B"), ("B", "A"))
    ]
    with pytest.raises(PlanError, match="wait for one another"):
        optimise(jobs, horizon(), Aim(), EXACT)
