"""The cheapest plan of 50 jobs x 7 days x 15 minutes: how near HiGHS' own bound within 20 seconds."""

from collections.abc import Iterator

import numpy as np

from accounting.plan.job import Aim, Horizon, Job
from accounting.plan.optimise import Effort, optimise
from bench.measure import Measure

JOBS, LINES, DAYS = 50, 10, 7
COUNT = DAYS * 96
GOAL_S, GOAL_GAP = 20.0, 0.01
ROOMS = {"": (1.0, 4200.0), ".full": (1.5, 3900.0), ".brim": (3.0, 4500.0)}
"""By name: times the power of the jobs, and contract demand [kW]; all else draws 3200 at noon."""


def park(seed: int, times: float = 1.0, limit_kw: float = 4200.0) -> tuple[list[Job], Horizon]:
    """A week of five working days: jobs of 1 to 6 hours, due within one or two days, some in order."""
    rng = np.random.default_rng(seed)
    slot = np.arange(COUNT) % 96
    price = np.select([slot < 32, (slot >= 44) & (slot < 48)], [0.27, 1.5], 0.7)
    price[((slot >= 40) & (slot < 44)) | ((slot >= 56) & (slot < 76))] = 1.2
    horizon = Horizon(
        price=price,
        carbon=np.full(COUNT, 0.44),
        band=np.zeros(COUNT, np.uint8),
        base=2300 + 900 * np.exp(-(((slot - 56) / 22.0) ** 2)) + rng.normal(0, 60, COUNT),
        sun=np.zeros(COUNT),
        limit_kw=limit_kw,
        crew=np.where((slot >= 32) & (slot < 80), 14, 8),
    )
    jobs: list[Job] = []
    for number in range(JOBS):
        jobs.append(_job(number, rng, jobs, times))
    return jobs, horizon


def _job(number: int, rng: np.random.Generator, before: list[Job], times: float) -> Job:
    duration = int(rng.integers(4, 25))
    power = np.full(duration, times * rng.uniform(40, 250))
    interruptible = bool(rng.random() < 0.15)
    if not interruptible and rng.random() < 0.5:
        power[:3] *= 1.25
    earliest = int(rng.integers(0, 5)) * 96 + 28
    deadline = min(COUNT, earliest + duration + int(rng.integers(1, 3)) * 96)
    waits = [job.code for job in before[-1:] if number % 5 == 0 and job.deadline + 40 < deadline]
    return Job(
        code=f"J{number}",
        line=f"L{number % LINES}",
        power=power,
        earliest=earliest,
        deadline=deadline,
        interruptible=interruptible,
        after=tuple(waits),
        setup=int(rng.integers(0, 3)),
        crew=int(rng.integers(0, 3)),
    )


def measure(weeks: int = 5) -> Iterator[Measure]:
    for name, (times, limit_kw) in ROOMS.items():
        found = [_solved(*park(seed, times, limit_kw)) for seed in range(weeks)]
        what = f"the goal; {JOBS} jobs x {DAYS} days, HiGHS' bound, {weeks} weeks: worst, and each"
        each = ", ".join(f"{gap:.2f} % in {seconds:.1f} s" for gap, seconds in found)
        yield Measure(f"plan{name}.gap", max(found)[0], 100 * GOAL_GAP, "% of the cost", f"{what} {each}")
        yield Measure(f"plan{name}.time", max(s for _, s in found), GOAL_S, "s", what)


def _solved(jobs: list[Job], horizon: Horizon) -> tuple[float, float]:
    found = optimise(jobs, horizon, Aim(), Effort(GOAL_S, GOAL_GAP))
    return 100 * found.gap, found.seconds
