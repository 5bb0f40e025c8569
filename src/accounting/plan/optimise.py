"""The cheapest plan: a bound by HiGHS, plans by search, and HiGHS once more for what is left of the time."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event
from time import monotonic

from accounting.plan import solver
from accounting.plan.board import Board
from accounting.plan.job import Aim, Horizon, Job, Slots, in_order
from accounting.plan.joint import joint
from accounting.plan.model import Programme, programme
from accounting.plan.obstacle import Obstacle, obstacles
from accounting.plan.search import Search

_SEARCHED = 0.7
"""Of the time that is left when the bound is known."""
_PATIENCE = 25
"""Changes a job, and one for each place, one after the other, that made nothing better."""
_TOLD_S = 0.25
_REASONS_S = 2.0
"""To tell why there is no plan, at least."""


class Stage(StrEnum):
    BOUND = "bound"
    SEARCH = "search"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the search for the cheapest plan is; None: not known yet."""

    stage: Stage
    seconds: float
    cost: float | None
    bound: float | None
    placed: int
    """Jobs of the best plan so far."""

    @property
    def gap(self) -> float | None:
        return None if self.cost is None or self.bound is None else _gap(self.cost, self.bound)


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The best plan that was found."""

    placed: Mapping[str, Slots]
    cost: float
    """In the aim's unit."""
    bound: float
    """No plan of all jobs costs less; -inf: not known."""
    left_out: tuple[str, ...]
    """Jobs without a place, for which no plan of all was found."""
    impossible: bool
    """Proven: no plan holds all jobs."""
    obstacles: tuple[Obstacle, ...]
    seconds: float

    @property
    def gap(self) -> float:
        """How much cheaper a plan could at most be, of the cost."""
        return math.inf if self.left_out else _gap(self.cost, self.bound)


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how closely to look."""

    seconds: float = 20.0
    gap: float = 0.01
    """Of the cost: a plan this near to the bound is good enough."""
    ended: Event = field(default_factory=Event)
    """Set by whoever wants no more."""


def optimise(
    jobs: Sequence[Job],
    horizon: Horizon,
    aim: Aim,
    effort: Effort,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Solution:
    """Least cost under line, deadline, order, crew and contract demand.

    Raises PlanError for jobs that wait for one another and for quarter hours without price or factor.
    """
    run = _Run(in_order({job.code: job for job in jobs}), horizon, aim, effort, tell)
    known = obstacles(run.jobs, horizon)
    if known:
        return run.impossible(known)
    return run.whole()


class _Run:
    def __init__(
        self,
        jobs: Sequence[Job],
        horizon: Horizon,
        aim: Aim,
        effort: Effort,
        tell: Callable[[Progress], None],
    ) -> None:
        self.jobs = jobs
        self._horizon, self._aim, self._effort, self._tell = horizon, aim, effort, tell
        self._begun, self._told = monotonic(), -math.inf
        self._bound = -math.inf
        self._search = Search(Board(jobs, horizon, aim), jobs)

    def whole(self) -> Solution:
        self._say(Stage.BOUND)
        model = programme(self.jobs, self._horizon, self._aim)
        bound = solver.bound(model, self._left)
        if bound is None:
            return self.impossible(self._reasons())
        self._bound = bound
        self._improve(len(model.cost) + _PATIENCE * len(self.jobs))
        if not self._good:
            impossible = self._prove(model)
            if impossible:
                return self.impossible(self._reasons())
        return self._solution(impossible=False, known=())

    def _reasons(self) -> list[Obstacle]:
        left_out = sorted(self._search.left_out) or [job.code for job in self.jobs]
        return joint(self.jobs, left_out, self._horizon, max(self._left, _REASONS_S))

    def impossible(self, known: Sequence[Obstacle]) -> Solution:
        return self._solution(impossible=True, known=known)

    def _solution(self, *, impossible: bool, known: Sequence[Obstacle]) -> Solution:
        search = self._search
        left_out = tuple(job.code for job in self.jobs if job.code in search.left_out)
        return Solution(
            search.best, search.cost, self._bound, left_out, impossible, tuple(known), self._seconds
        )

    @property
    def _seconds(self) -> float:
        return monotonic() - self._begun

    @property
    def _left(self) -> float:
        return max(self._effort.seconds - self._seconds, 0.0)

    @property
    def _good(self) -> bool:
        near = _gap(self._search.cost, self._bound) <= self._effort.gap
        return not self._search.left_out and near

    def _improve(self, patience: int) -> None:
        """Search until the plan is good enough, or for a part of the time."""
        since, share, idle = self._seconds, self._left * _SEARCHED, 0
        while not self._good and idle < patience and not self._effort.ended.is_set():
            spent = (self._seconds - since) / share if share else 1.0
            if spent >= 1:
                return
            idle = 0 if self._search.change(1 - spent) else idle + 1
            self._say(Stage.SEARCH)

    def _prove(self, model: Programme) -> bool:
        """Let HiGHS go on from the best plan; whether it proves that there is none."""
        search = self._search
        known = None if search.left_out else search.best
        limits = solver.Limits(self._left, self._effort.gap, self._effort.ended)
        outcome = solver.branch(model, self.jobs, known, limits, self._heard)
        self._bound = max(self._bound, outcome.bound)
        if outcome.x is not None:
            x = outcome.x
            search.start({job.code: model.slots(job, x) for job in self.jobs})
        return outcome.infeasible

    def _heard(self, _: float, bound: float) -> None:
        self._bound = max(self._bound, bound)
        self._say(Stage.PROOF)

    def _say(self, stage: Stage) -> None:
        seconds = self._seconds
        if seconds - self._told < _TOLD_S:
            return
        self._told = seconds
        search, bound = self._search, self._bound
        cost = None if search.left_out else search.cost
        self._tell(Progress(stage, seconds, cost, None if math.isinf(bound) else bound, len(search.best)))


def _gap(cost: float, bound: float) -> float:
    """Of the cost."""
    if cost - bound <= 0:
        return 0.0
    return (cost - bound) / abs(cost) if cost else math.inf
