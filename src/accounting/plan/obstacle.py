"""Why jobs cannot all be placed, as far as it can be told by reckoning alone."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from accounting.plan.board import Board
from accounting.plan.check import Kind
from accounting.plan.job import Aim, Horizon, Job, in_order

_NO_AIM = Aim(money=0.0)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A promise that no plan can keep for some jobs together; `kind` says which."""

    kind: Kind
    jobs: tuple[str, ...]
    need: int | None = None
    """Quarter hours that they need on their line, or one after the other."""
    have: int | None = None
    """Quarter hours that are left for that."""


def obstacles(jobs: Sequence[Job], horizon: Horizon) -> list[Obstacle]:
    """What stands against single jobs, chains of jobs and lines; empty does not mean that there is a plan."""
    found = [each for job in jobs if (each := _alone(job, horizon))]
    return found or [*_chains(jobs, horizon), *_lines(jobs, horizon)]


def _alone(job: Job, horizon: Horizon) -> Obstacle | None:
    if _fits(job, horizon):
        return None
    if not _fits(job, replace(horizon, limit_kw=np.inf, crew=None)):
        return Obstacle(Kind.LATE, (job.code,), job.length, min(job.deadline, horizon.count) - job.earliest)
    demand = not _fits(job, replace(horizon, crew=None))
    return Obstacle(Kind.DEMAND if demand else Kind.CREW, (job.code,))


def _fits(job: Job, horizon: Horizon) -> bool:
    return Board([replace(job, after=())], horizon, _NO_AIM).best(job.code) is not None


def _chains(jobs: Sequence[Job], horizon: Horizon) -> Iterator[Obstacle]:
    """Jobs that cannot end in time though each that they wait for begins as soon as it may."""
    chain: dict[str, tuple[str, ...]] = {}
    ends: dict[str, int] = {}
    for job in in_order({job.code: job for job in jobs}):
        last = max(job.after, key=lambda code: ends[code], default=None)
        waits = last is not None and ends[last] > job.earliest
        chain[job.code] = (*chain[last], job.code) if last is not None and waits else (job.code,)
        start = ends[last] if last is not None and waits else job.earliest
        ends[job.code] = start + job.length
        if ends[job.code] > min(job.deadline, horizon.count):
            yield Obstacle(Kind.ORDER, chain[job.code], job.length, min(job.deadline, horizon.count) - start)


def _lines(jobs: Sequence[Job], horizon: Horizon) -> Iterator[Obstacle]:
    """Lines on which jobs need more time between two moments than there is."""
    by_line: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        by_line[job.line].append(job)
    for mine in by_line.values():
        worst = max(_spans(mine, horizon), key=lambda span: span.need - span.have, default=None)
        if worst is not None and worst.need > worst.have:
            yield Obstacle(Kind.LINE, worst.jobs, worst.need, worst.have)


@dataclass(frozen=True, slots=True)
class _Span:
    jobs: tuple[str, ...]
    need: int
    have: int


def _spans(jobs: Sequence[Job], horizon: Horizon) -> Iterator[_Span]:
    """Between each earliest start and each deadline, the jobs that have to run just there."""
    for first in {job.earliest for job in jobs}:
        for end in {min(job.deadline, horizon.count) for job in jobs}:
            inside = [j for j in jobs if j.earliest >= first and min(j.deadline, horizon.count) <= end]
            if inside:
                need = sum(job.length for job in inside)
                yield _Span(tuple(job.code for job in inside), need, end - first)
