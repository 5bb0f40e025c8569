"""Searches for cheapest plans that run, and what they found."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from accounting.plan.check import Kind
from accounting.plan.optimise import Effort, Progress, Solution, Stage
from telemetry.reports.plans import apart
from telemetry.reports.plans.answer import PlanAnswer, Sheet
from telemetry.reports.runs import Runs

_LOG = logging.getLogger(__name__)
Owner: TypeAlias = Collection[str] | None
"""Areas that whoever began it is let in for; None: the whole park."""


class OptimumState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    IMPOSSIBLE = "impossible"
    """Proven: no plan holds all jobs."""
    FAILED = "failed"


class PlanObstacle(Struct, frozen=True):
    """A promise that no plan can keep for some jobs together."""

    kind: Kind
    jobs: list[str]
    need_min: Annotated[int | None, Meta(description="What they need on their line, or one after the other")]
    have_min: Annotated[int | None, Meta(description="What is left for that")]


class Optimum(Struct, frozen=True):
    """How far the search for the cheapest plan is, and the plan when it has ended."""

    id: str
    state: OptimumState
    stage: Stage | None
    seconds: float
    cost: Annotated[float | None, Meta(description="Of the best plan of all jobs so far, in the aim's unit")]
    bound: Annotated[float | None, Meta(description="No plan of all jobs costs less")]
    gap: Annotated[float | None, Meta(description="How much cheaper one could at most be, of the cost")]
    placed: Annotated[int, Meta(description="Jobs that have a place in the best plan so far")]
    left_out: Annotated[list[str], Meta(description="Jobs for which no place was found")]
    obstacles: Annotated[list[PlanObstacle], Meta(description="Why there is no plan of all jobs")]
    plan: Annotated[PlanAnswer | None, Meta(description="null while it is looked for")]


@dataclass(slots=True)
class _Run:
    sheet: Sheet
    owner: Owner
    ended: Event = field(default_factory=Event)
    progress: Progress | None = None
    solution: Solution | None = None
    answer: PlanAnswer | None = None
    failed: bool = False

    @property
    def over(self) -> bool:
        return self.failed or self.solution is not None

    def work(self) -> None:
        plan = self.sheet.plan
        effort = Effort(plan.posted.seconds, plan.posted.gap, self.ended)
        try:
            solution = apart.search(plan.jobs, self.sheet.outlook.horizon, plan.aim, effort, self._hear)
            self.answer = self.sheet.answer(solution.placed)
            self.solution = solution
        except Exception:  # noqa: BLE001  # a thread's end; whoever asks is told that it failed
            _LOG.exception("the search for the cheapest plan %r failed", plan.posted.name)
            self.failed = True

    def _hear(self, progress: Progress) -> None:
        self.progress = progress


class Optima(Runs[_Run]):
    """The newest searches; a few run at once."""

    def __init__(self) -> None:
        super().__init__("plan")

    def look(self, sheet: Sheet, owner: Owner) -> str | None:
        """Begin one; its id, None while as many run as may."""
        return self.begin(_Run(sheet, owner))

    def _busy(self, run: _Run) -> bool:
        """One for the same areas, and two of these or of the park, may run."""
        owners = [each.owner for each in self._running()]
        alike = [each for each in owners if (each is None) == (run.owner is None)]
        return len(alike) >= self._at_once or (run.owner is not None and run.owner in owners)

    def answer(self, code: str, owner: Owner) -> Optimum | None:
        """None to whoever is let in for other areas, as if there was none of that id."""
        run = self.find(code)
        if run is None or run.owner != owner:
            return None
        found = run.solution
        return _running(code, run) if found is None else _over(code, found, run.answer)


def _running(code: str, run: _Run) -> Optimum:
    progress = run.progress or Progress(Stage.BOUND, 0.0, None, None, 0)
    return Optimum(
        id=code,
        state=OptimumState.FAILED if run.failed else OptimumState.RUNNING,
        stage=None if run.failed else progress.stage,
        seconds=progress.seconds,
        cost=progress.cost,
        bound=progress.bound,
        gap=progress.gap,
        placed=progress.placed,
        left_out=[],
        obstacles=[],
        plan=None,
    )


def _over(code: str, found: Solution, plan: PlanAnswer | None) -> Optimum:
    whole = not found.left_out
    bounded = found.bound > float("-inf")
    return Optimum(
        id=code,
        state=OptimumState.IMPOSSIBLE if found.impossible else OptimumState.DONE,
        stage=None,
        seconds=found.seconds,
        cost=found.cost if whole else None,
        bound=found.bound if bounded and not found.impossible else None,
        gap=found.gap if whole and bounded else None,
        placed=len(found.placed),
        left_out=list(found.left_out),
        obstacles=[
            PlanObstacle(each.kind, list(each.jobs), _minutes(each.need), _minutes(each.have))
            for each in found.obstacles
        ],
        plan=plan,
    )


def _minutes(quarters: int | None) -> int | None:
    return None if quarters is None else quarters * 15
