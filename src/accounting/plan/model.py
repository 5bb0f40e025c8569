"""The plan as a mixed-integer programme: a column says whether a job has begun by a quarter hour.

Starts as steps make every rule a difference of two columns, so a week of quarter hours stays sparse.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from accounting.plan.job import QUARTER_H, Aim, Horizon, Job, Slots

if TYPE_CHECKING:
    from scipy.sparse import csc_array

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Terms = list[tuple[_Ints, _Ints, _Floats]]
"""Of a sum by quarter hour: quarter hours, columns, coefficients."""


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """Minimise cost @ x within rows and bounds."""

    cost: _Floats
    rows: "csc_array"
    low: _Floats
    high: _Floats
    least: _Floats
    most: _Floats
    whole: NDArray[np.bool_]
    """Which columns are integers."""
    columns: Mapping[str, tuple[_Ints, int]]
    """By job its columns, and the quarter hour of the first."""

    def slots(self, job: Job, x: _Floats) -> Slots:
        """Where a solution lets a job run."""
        at, first = self.columns[job.code]
        chosen = x[at] > 1 / 2
        if job.interruptible:
            return first + np.flatnonzero(chosen)
        return job.from_start(first + int(chosen.argmax()))

    def solution(self, jobs: Iterable[Job], placed: Mapping[str, Slots]) -> tuple[_Ints, _Floats]:
        """Columns and values that say the same as a plan."""
        columns, values = [], []
        for job in jobs:
            at, first = self.columns[job.code]
            when = first + np.arange(len(at))
            begun = when >= placed[job.code][0]
            columns.append(at)
            values.append((np.isin(when, placed[job.code]) if job.interruptible else begun).astype(float))
        return np.concatenate(columns), np.concatenate(values)


def programme(jobs: Sequence[Job], horizon: Horizon, aim: Aim) -> Programme:
    """Raises PlanError when prices or factors are missing."""
    model = _Model(horizon, aim.worth(horizon), aim.fed(horizon))
    for job in jobs:
        model.add(job)
    for job in jobs:
        for code in job.after:
            model.order(next(each for each in jobs if each.code == code), job)
    model.share(jobs)
    return model.done()


@dataclass(slots=True, eq=False)
class _Model:
    horizon: Horizon
    worth: _Floats
    fed: _Floats
    columns: dict[str, tuple[_Ints, int]] = field(default_factory=dict)
    _count: int = 0
    _cost: list[_Floats] = field(default_factory=list)
    _least: list[_Floats] = field(default_factory=list)
    _most: list[_Floats] = field(default_factory=list)
    _whole: list[NDArray[np.bool_]] = field(default_factory=list)
    _rows: int = 0
    _at: _Terms = field(default_factory=list)
    _low: list[_Floats] = field(default_factory=list)
    _high: list[_Floats] = field(default_factory=list)
    _lines: dict[str, _Terms] = field(default_factory=dict)
    _crew: _Terms = field(default_factory=list)
    _load: _Terms = field(default_factory=list)
    _ended: dict[str, tuple[_Ints, int, float]] = field(default_factory=dict)
    """By job the columns that rise as it is done, the quarter hour of the first, and how far they rise."""

    def add(self, job: Job) -> None:
        if job.interruptible:
            self._interruptible(job)
        else:
            self._in_one(job)

    def _new(self, cost: _Floats, least: float = 0.0, most: float = 1.0, *, whole: bool = True) -> _Ints:
        size = len(cost)
        at = self._count + np.arange(size)
        self._count += size
        self._cost.append(cost)
        self._least.append(np.full(size, least))
        self._most.append(np.full(size, most))
        self._whole.append(np.full(size, whole))
        return at

    def _row(self, terms: _Terms, low: _Floats, high: _Floats) -> None:
        """Rows low <= sum of terms <= high, the terms' quarter hours being numbers of the rows."""
        self._at += [(self._rows + row, column, value) for row, column, value in terms]
        self._low.append(low)
        self._high.append(high)
        self._rows += len(low)

    def _at_most(self, terms: _Terms, high: _Floats) -> None:
        self._row(terms, np.full(len(high), -np.inf), high)

    def _in_one(self, job: Job) -> None:
        first, last = job.earliest + job.setup, min(job.deadline, self.horizon.count) - job.duration
        costs = QUARTER_H * np.correlate(self.worth[first : last + job.duration], job.power, "valid")
        at = self._new(costs - np.append(costs[1:], 0.0))
        self._least[-1][-1] = 1.0
        each = np.arange(len(at) - 1)
        one = np.ones(len(each))
        self._at_most([(each, at[:-1], one), (each, at[1:], -one)], np.zeros(len(each)))
        self.columns[job.code] = (at, first)
        self._ended[job.code] = (at, first + job.duration - 1, 1.0)
        for shift, sign in ((-job.setup, 1.0), (job.duration, -1.0)):
            self._lines.setdefault(job.line, []).append(self._begun(at, first + shift, sign))
            if job.crew:
                self._crew.append(self._begun(at, first + shift, sign * job.crew))
        steps = np.diff(job.power, prepend=0.0, append=0.0)
        self._load += [self._begun(at, first + k, steps[k]) for k in np.flatnonzero(steps).tolist()]

    def _begun(self, at: _Ints, first: int, times: float) -> tuple[_Ints, _Ints, _Floats]:
        """Steps as a term of every quarter hour from `first` on, the last step holding to the end."""
        when = np.arange(max(first, 0), self.horizon.count)
        return when, at[np.minimum(when - first, len(at) - 1)], np.full(len(when), times)

    def _interruptible(self, job: Job) -> None:
        when = np.arange(job.earliest, min(job.deadline, self.horizon.count))
        one = np.ones(len(when))
        at = self._new(QUARTER_H * job.power[0] * self.worth[when])
        none = np.zeros(len(when), dtype=np.int64)
        need = np.array([float(job.duration)])
        self._row([(none, at, one)], need, need)
        self.columns[job.code] = (at, job.earliest)
        self._lines.setdefault(job.line, []).append((when, at, one))
        self._load.append((when, at, job.power[0] * one))
        self._crew.append((when, at, job.crew * one))
        if job.setup:
            self._setups(job, at, when)

    def _setups(self, job: Job, at: _Ints, when: _Ints) -> None:
        """A start for every run, and line and crew held before it."""
        one = np.ones(len(at))
        starts = self._new(np.zeros(len(at)), whole=False)
        self._most[-1][: job.setup] = 0.0
        each = np.arange(len(at))
        rises: _Terms = [(each, at, one), (each[1:], at[:-1], -one[1:]), (each, starts, -one)]
        self._at_most(rises, np.zeros(len(at)))
        for before in range(1, job.setup + 1):
            held = when[before:] - before, starts[before:], one[before:]
            self._lines[job.line].append(held)
            self._crew.append((held[0], held[1], job.crew * held[2]))

    def order(self, job: Job, follower: Job) -> None:
        """The follower, with its set-up, begins when the job has ended."""
        done, since, whole = self._done(job)
        at, first = self.columns[follower.code]
        when = first + np.arange(len(at)) - follower.setup
        rows = np.arange(len(at))
        terms: _Terms = [(rows, at, np.full(len(at), whole))]
        known = when > since
        terms.append(
            (rows[known], done[np.minimum(when[known] - 1 - since, len(done) - 1)], -np.ones(known.sum()))
        )
        self._at_most(terms, np.zeros(len(at)))

    def _done(self, job: Job) -> tuple[_Ints, int, float]:
        if job.code not in self._ended:
            at, first = self.columns[job.code]
            risen = self._new(np.zeros(len(at)), 0.0, float(job.duration), whole=False)
            each, one = np.arange(len(at)), np.ones(len(at))
            terms: _Terms = [(each, risen, one), (each[1:], risen[:-1], -one[1:]), (each, at, -one)]
            self._row(terms, np.zeros(len(at)), np.zeros(len(at)))
            self._ended[job.code] = (risen, first, float(job.duration))
        return self._ended[job.code]

    def share(self, jobs: Sequence[Job]) -> None:
        """One job on a line at a time, people, contract demand, and own generation to share."""
        everything = np.ones(self.horizon.count, np.bool_)
        for terms in self._lines.values():
            self._sum(terms, np.ones(self.horizon.count), everything)
        if self.horizon.crew is not None:
            limit = self.horizon.crew.astype(np.float64)
            self._sum(self._crew, limit, _most(jobs, self.horizon, [job.crew for job in jobs]) > limit)
        room = self.horizon.room
        highest = _most(jobs, self.horizon, [job.power.max() for job in jobs])
        self._sum(self._load, room, highest > room)
        sunny = self.horizon.surplus > 0
        if sunny.any():
            self._sun(sunny)

    def _sum(self, terms: _Terms, limit: _Floats, wanted: NDArray[np.bool_]) -> None:
        """Rows for the wanted quarter hours alone."""
        row = np.cumsum(wanted) - 1
        chosen: _Terms = []
        for when, column, value in terms:
            kept = wanted[when]
            chosen.append((row[when[kept]], column[kept], value[kept]))
        self._at_most(chosen, limit[wanted])

    def _sun(self, sunny: NDArray[np.bool_]) -> None:
        """Own generation is taken first: a column for what each quarter hour takes of it [kW]."""
        gain = QUARTER_H * (self.worth - self.fed)[sunny]
        at = self._new(-gain, whole=False)
        self._most[-1][:] = self.horizon.surplus[sunny]
        load = [(when, column, -value) for when, column, value in self._load]
        own = (np.flatnonzero(sunny), at, np.ones(len(at)))
        self._sum([*load, own], np.zeros(self.horizon.count), sunny)

    def done(self) -> Programme:
        row, column, value = (np.concatenate(part) for part in zip(*self._at, strict=True))
        from scipy.sparse import csc_array  # noqa: PLC0415  # dear to load, and a search alone needs it

        shape = (self._rows, self._count)
        return Programme(
            np.concatenate(self._cost),
            csc_array((value, (row, column)), shape),
            np.concatenate(self._low),
            np.concatenate(self._high),
            np.concatenate(self._least),
            np.concatenate(self._most),
            np.concatenate(self._whole),
            self.columns,
        )


def _most(jobs: Sequence[Job], horizon: Horizon, each: Sequence[float]) -> _Floats:
    """What all jobs together could take in each quarter hour, float64[n]."""
    sums = np.zeros(horizon.count)
    for job, amount in zip(jobs, each, strict=True):
        sums[job.earliest : job.deadline] += amount
    return sums
