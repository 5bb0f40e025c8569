"""Which jobs stand against one another where no plan holds them all, and by which promise.

Jobs are taken away as long as the rest has no plan; what is left has one as soon as a named promise falls.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event
from time import monotonic
from types import MappingProxyType

import numpy as np

from accounting.plan import solver
from accounting.plan.board import Board
from accounting.plan.check import Kind
from accounting.plan.job import Aim, Horizon, Job
from accounting.plan.model import programme
from accounting.plan.obstacle import Obstacle
from accounting.plan.search import Search

_NO_AIM = Aim(money=0.0)
_SHRINKING = 0.7
"""Of the time; the rest tells the promise."""
_Task = tuple[Sequence[Job], Horizon]


def joint(jobs: Sequence[Job], left_out: Sequence[str], horizon: Horizon, seconds: float) -> list[Obstacle]:
    """Of jobs that have no plan together: fewer of them that have none, as far as time allows."""
    until = monotonic() + seconds
    those = _least(jobs, left_out, _Trial(horizon, until - (1 - _SHRINKING) * seconds))
    trial = _Trial(horizon, until)
    kinds = [kind for kind, lift in _LIFTED.items() if trial.possible(*lift(those, horizon)) is True]
    codes = tuple(job.code for job in those)
    return [Obstacle(kind, codes) for kind in kinds or (Kind.LATE,)]


_LIFTED: Mapping[Kind, Callable[[Sequence[Job], Horizon], _Task]] = MappingProxyType(
    {
        Kind.DEMAND: lambda jobs, horizon: (jobs, replace(horizon, limit_kw=np.inf)),
        Kind.CREW: lambda jobs, horizon: (jobs, replace(horizon, crew=None)),
        Kind.LINE: lambda jobs, horizon: ([replace(job, line=job.code) for job in jobs], horizon),
        Kind.ORDER: lambda jobs, horizon: ([replace(job, after=()) for job in jobs], horizon),
    }
)
"""The same without one promise."""


@dataclass(frozen=True, slots=True)
class _Trial:
    horizon: Horizon
    until: float

    @property
    def left(self) -> float:
        return max(self.until - monotonic(), 0.0)

    def impossible(self, jobs: Sequence[Job]) -> bool:
        return self.possible(jobs, self.horizon) is False

    def possible(self, jobs: Sequence[Job], horizon: Horizon) -> bool | None:
        """Whether there is a plan; None: not told in time."""
        if not Search(Board(jobs, horizon, _NO_AIM), jobs).left_out:
            return True
        if not self.left:
            return None
        model = programme(jobs, horizon, _NO_AIM)
        if solver.bound(model, self.left) is None:
            return False
        limits = solver.Limits(self.left, 0.0, Event())
        outcome = solver.branch(model, jobs, None, limits, lambda *_: None)
        return True if outcome.x is not None else False if outcome.infeasible else None


def _least(jobs: Sequence[Job], left_out: Sequence[str], trial: _Trial) -> list[Job]:
    """Jobs without a plan, none of whom can be spared; more where time ran out."""
    nearest = _by_nearness(jobs, left_out)
    size = max(len(left_out), 2)
    while size < len(jobs) and not trial.impossible(_alone(nearest[:size])):
        size *= 2
    chosen = nearest[:size]
    for job in nearest[:size]:
        fewer = [each for each in chosen if each is not job]
        if fewer and trial.impossible(_alone(fewer)):
            chosen = fewer
    kept = {job.code for job in chosen}
    return _alone([job for job in jobs if job.code in kept])


def _alone(jobs: Sequence[Job]) -> list[Job]:
    """The jobs, waiting for none but each other."""
    codes = {job.code for job in jobs}
    return [replace(job, after=tuple(code for code in job.after if code in codes)) for job in jobs]


def _by_nearness(jobs: Sequence[Job], left_out: Sequence[str]) -> list[Job]:
    """Those without a place first, then those that have to run within their times, the most of it first."""
    first = [job for job in jobs if job.code in left_out]
    lo, hi = min(job.earliest for job in first), max(job.deadline for job in first)

    def inside(job: Job) -> float:
        return (min(job.deadline, hi) - max(job.earliest, lo)) / (job.deadline - job.earliest)

    return [*first, *sorted((job for job in jobs if job not in first), key=inside, reverse=True)]
