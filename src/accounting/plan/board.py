"""A plan board: lines, crew and power as placed jobs hold them, and the best free place for one more."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from accounting.plan.job import QUARTER_H, Aim, Horizon, Job, Slots

_SLACK_KW = 1e-6
_Floats = NDArray[np.float64]
_Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job would run, and what that costs in the aim's unit."""

    slots: Slots
    cost: float


class Board:
    """Jobs of one plan over one horizon; those that are placed stand in `placed`."""

    def __init__(self, jobs: Iterable[Job], horizon: Horizon, aim: Aim) -> None:
        self.jobs: Mapping[str, Job] = {job.code: job for job in jobs}
        self.placed: dict[str, Slots] = {}
        self._lines = {line: np.zeros(horizon.count, np.int64) for line in self._names()}
        self._worth, self._fed = aim.worth(horizon), aim.fed(horizon)
        self._room, self._surplus = horizon.room, horizon.surplus
        self._sunny = bool((self._surplus > 0).any())
        self._crew = horizon.crew
        self._load = np.zeros(horizon.count)
        self._people = np.zeros(horizon.count, np.int64)
        self._followers = {
            code: [j.code for j in self.jobs.values() if code in j.after] for code in self.jobs
        }
        self._fixed = {job.code: self._window_costs(job) for job in self.jobs.values()}
        self._levels = {job.code: _levels(job) for job in self.jobs.values()}
        self._least = {job.code: self._least_cost(job) for job in self.jobs.values()}

    def _names(self) -> set[str]:
        return {job.line for job in self.jobs.values()}

    @property
    def cost(self) -> float:
        """Of all that is placed, in the aim's unit."""
        if not self._sunny:
            return float(self._load @ self._worth) * QUARTER_H
        own = np.minimum(self._load, self._surplus)
        return float((own * self._fed + (self._load - own) * self._worth).sum() * QUARTER_H)

    def put(self, code: str, slots: Slots) -> None:
        """Whether or not it fits."""
        self.placed[code] = slots
        self._hold(self.jobs[code], slots, 1)

    def take(self, code: str) -> Slots:
        """Off the board."""
        slots = self.placed.pop(code)
        self._hold(self.jobs[code], slots, -1)
        return slots

    def _hold(self, job: Job, slots: Slots, sign: int) -> None:
        held, run = (job.held(slots), slots) if job.interruptible else _in_a_row(job, slots)
        self._lines[job.line][held] += sign
        self._people[held] += sign * job.crew
        self._load[run] += sign * job.power

    def regret(self, code: str) -> float:
        """What a placed job costs more than in its own best place, were it alone and all bought."""
        job, slots = self.jobs[code], self.placed[code]
        if job.interruptible:
            mine = self._worth[slots].sum() * job.power[0] * QUARTER_H
        else:
            mine = self._fixed[code][slots[0]]
        return max(float(mine) - self._least[code], 0.0)

    def starts(self, code: str) -> tuple[int, _Floats]:
        """The first start that a job's own times allow, and the cost of each when all is bought."""
        job = self.jobs[code]
        first = job.earliest + job.setup
        return first, self._fixed[code][first : min(job.deadline, len(self._worth)) - job.duration + 1]

    def competitors(self, code: str, start: int) -> tuple[list[str], list[str]]:
        """Placed jobs that are in the way of a start on the line, and those that run then elsewhere."""
        job = self.jobs[code]
        lo, hi = start - job.setup, start + job.duration
        then = [
            other
            for other, slots in self.placed.items()
            if other != code and slots[0] - self.jobs[other].setup < hi and slots[-1] >= lo
        ]
        line = [other for other in then if self.jobs[other].line == job.line]
        return line, [other for other in then if self.jobs[other].line != job.line]

    def best(self, code: str, blur: Callable[[_Floats], _Floats] | None = None) -> Place | None:
        """The cheapest place that breaks nothing; None when there is none.

        `blur` changes the costs by which places of a job in one piece are told apart.
        """
        job = self.jobs[code]
        lo, hi = self._window(job)
        if hi - lo < job.length:
            return None
        held = self._free(job, lo, hi)
        if not job.interruptible:
            return self._in_one(job, held, lo, blur)
        return _in_parts(job, self._each(job, lo, hi), held, held & self._fits(job, lo, hi), lo)

    def _window(self, job: Job) -> tuple[int, int]:
        """Quarter hours that are left by its own times and by the placed jobs before and after it."""
        ends = [int(self.placed[code][-1]) + 1 for code in job.after if code in self.placed]
        starts = [
            int(self.jobs[code].held(self.placed[code])[0])
            for code in self._followers[job.code]
            if code in self.placed
        ]
        return max(job.earliest, *ends, 0), min(job.deadline, *starts, len(self._worth))

    def _free(self, job: Job, lo: int, hi: int) -> _Flags:
        """Where its line is free and people enough are there, bool[hi - lo]."""
        free: _Flags = self._lines[job.line][lo:hi] == 0
        if self._crew is not None and job.crew:
            free &= self._people[lo:hi] + job.crew <= self._crew[lo:hi]
        return free

    def _fits(self, job: Job, lo: int, hi: int) -> _Flags:
        """Where its highest power is within the contract demand, bool[hi - lo]."""
        fits: _Flags = self._load[lo:hi] + job.power.max() <= self._room[lo:hi] + _SLACK_KW
        return fits

    def _each(self, job: Job, lo: int, hi: int) -> _Floats:
        """Cost of its power in each quarter hour, float64[hi - lo]."""
        own = np.clip(self._surplus[lo:hi] - self._load[lo:hi], 0.0, job.power[0])
        costs: _Floats = QUARTER_H * (own * self._fed[lo:hi] + (job.power[0] - own) * self._worth[lo:hi])
        return costs

    def _in_one(
        self, job: Job, held: _Flags, lo: int, blur: Callable[[_Floats], _Floats] | None
    ) -> Place | None:
        """Without interruption."""
        taken = np.concatenate([[0], np.cumsum(~held)])
        free = taken[job.length :] == taken[: len(taken) - job.length]
        starts = lo + job.setup + np.flatnonzero(free)
        starts = starts[self._powered(job, starts)]
        if not len(starts):
            return None
        costs = self._costs(job, starts)
        at = int((blur(costs) if blur else costs).argmin())
        return Place(job.from_start(int(starts[at])), float(costs[at]))

    def _powered(self, job: Job, starts: Slots) -> _Flags:
        """Whether the contract demand holds for each of some starts."""
        fits = np.ones(len(starts), np.bool_)
        if not len(starts):
            return fits
        first = int(starts.min())
        room = (self._room - self._load)[first : int(starts.max()) + job.duration] + _SLACK_KW
        if room.min() >= job.power.max():
            return fits
        for power, since, until in self._levels[job.code]:
            short = np.concatenate([[0], np.cumsum(room < power)])
            fits &= short[starts - first + until] == short[starts - first + since]
        return fits

    def _costs(self, job: Job, starts: Slots) -> _Floats:
        if not self._sunny:
            return self._fixed[job.code][starts]
        own = np.maximum(self._surplus - self._load, 0.0)
        free = np.minimum(sliding_window_view(own, job.duration)[starts], job.power)
        gain = sliding_window_view(self._worth - self._fed, job.duration)[starts]
        costs: _Floats = self._fixed[job.code][starts] - QUARTER_H * np.einsum("sk,sk->s", free, gain)
        return costs

    def _window_costs(self, job: Job) -> _Floats:
        """Cost of every start when all is bought, float64[n - d + 1]."""
        costs: _Floats = QUARTER_H * np.correlate(self._worth, job.power, "valid")
        return costs

    def _least_cost(self, job: Job) -> float:
        if not job.interruptible:
            return float(self.starts(job.code)[1].min(initial=np.inf))
        worth = np.sort(self._worth[job.earliest : job.deadline])
        return float(worth[: job.duration].sum() * job.power[0] * QUARTER_H)


def _in_a_row(job: Job, slots: Slots) -> tuple[slice, slice]:
    """What a job without interruption holds, and in which of it it runs."""
    start, end = int(slots[0]), int(slots[-1]) + 1
    return slice(start - job.setup, end), slice(start, end)


def _levels(job: Job) -> list[tuple[float, int, int]]:
    """Stretches of a job with the same power [kW], from and until which of its quarter hours."""
    edges = [0, *(np.flatnonzero(np.diff(job.power)) + 1).tolist(), job.duration]
    return [(float(job.power[a]), a, b) for a, b in pairwise(edges)]


def _in_parts(job: Job, cost: _Floats, held: _Flags, run: _Flags, lo: int) -> Place | None:
    """The cheapest quarter hours in any number of runs, each after its set-up."""
    chosen = _cheapest(job, cost, run) if not job.setup else _by_runs(job, cost, held, run)
    return None if chosen is None else Place(lo + chosen, float(cost[chosen].sum()))


def _cheapest(job: Job, cost: _Floats, run: _Flags) -> Slots | None:
    at = np.flatnonzero(run)
    if len(at) < job.duration:
        return None
    return np.sort(at[np.argsort(cost[at], kind="stable")[: job.duration]])


def _by_runs(job: Job, cost: _Floats, held: _Flags, run: _Flags) -> Slots | None:
    """By dynamic programming over the number that ran so far; entry t of a row: before quarter hour t."""
    n, d, setup = len(cost), job.duration, job.setup
    idle, on = np.full((d + 1, n + 1), np.inf), np.full((d + 1, n + 1), np.inf)
    idle[0] = 0.0
    price = np.where(run, cost, np.inf)
    taken = np.concatenate([[0], np.cumsum(~held)])
    may_begin = taken[setup:n] == taken[: n - setup]
    for k in range(1, d + 1):
        on[k, 1:] = on[k - 1, :-1]
        begun = np.where(may_begin, idle[k - 1, : n - setup], np.inf)
        on[k, 1 + setup :] = np.minimum(on[k, 1 + setup :], begun)
        on[k, 1:] += price
        idle[k] = np.minimum.accumulate(on[k])
    return None if np.isinf(idle[d, n]) else _traced(job, cost, idle, on)


def _traced(job: Job, cost: _Floats, idle: _Floats, on: _Floats) -> Slots:
    """The quarter hours of the cheapest way through `_by_runs`."""
    t, left, running = idle.shape[1] - 1, job.duration, False
    found: list[int] = []
    while left:
        if not running and idle[left, t] == idle[left, t - 1]:
            t -= 1
            continue
        found.append(t - 1)
        left -= 1
        running = bool(on[left, t - 1] + cost[t - 1] == on[left + 1, t])
        t -= 1 if running else 1 + job.setup
    return np.array(found[::-1], dtype=np.int64)
