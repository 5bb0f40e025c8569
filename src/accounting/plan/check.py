"""What a plan costs job by job, and every promise that it breaks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from accounting.plan.board import Board
from accounting.plan.job import QUARTER_H, Aim, Horizon, Job, Slots

_SLACK_KW = 1e-6
_Flags = NDArray[np.bool_]


class Kind(StrEnum):
    OUTSIDE = "outside"
    """It runs before or after the horizon."""
    EARLY = "early"
    """It, or its set-up, begins before it may."""
    LATE = "late"
    """It ends after its deadline."""
    LINE = "line"
    """Its line is held by another job."""
    ORDER = "order"
    """It begins before a job has ended that it comes after."""
    CREW = "crew"
    """Fewer people are there than the jobs need."""
    DEMAND = "demand"
    """With all else the contract demand is broken."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A promise broken by one job during the quarter hours first..end, end not included."""

    kind: Kind
    job: str
    first: int
    end: int
    other: str | None = None
    """The job with which it conflicts."""
    amount: float | None = None
    """People needed, or the highest power [kW]."""
    limit: float | None = None
    """People there, or contract demand [kW]."""


@dataclass(frozen=True, slots=True, eq=False)
class Bill:
    """What one job takes where it is placed."""

    energy: NDArray[np.float64]
    """By band, float64[b] [kWh]; what no band covers is left out."""
    money: float
    """NaN: some of it has no price."""
    carbon: float
    """[kg]; NaN: some of it has no factor."""


@dataclass(frozen=True, slots=True)
class Move:
    """The best place for a job while all others stay, and what it saves in the aim's unit."""

    slots: Slots
    saves: float


def bills(jobs: Sequence[Job], placed: Mapping[str, Slots], horizon: Horizon, bands: int) -> dict[str, Bill]:
    """By job, of those that are placed within the horizon.

    Own generation that nothing else takes is shared among the jobs of a quarter hour by their power, and
    costs what feeding it in would bring.
    """
    load = total(jobs, placed, horizon)
    with np.errstate(invalid="ignore"):
        own = np.where(load > 0, np.minimum(horizon.surplus, load) / load, 0.0)
    price = own * horizon.feed_in + np.where(own < 1, (1 - own) * horizon.price, 0.0)
    carbon = np.where(own < 1, (1 - own) * horizon.carbon, 0.0)
    return {
        job.code: _bill(job, placed[job.code], horizon, (price, carbon), bands)
        for job in jobs
        if job.code in placed and _inside(placed[job.code], horizon).all()
    }


def _bill(
    job: Job,
    slots: Slots,
    horizon: Horizon,
    rates: tuple[NDArray[np.float64], NDArray[np.float64]],
    bands: int,
) -> Bill:
    energy = job.power * QUARTER_H
    banded = horizon.band[slots] < bands
    by_band = np.bincount(horizon.band[slots][banded], energy[banded], bands).astype(np.float64)
    loaded = energy > 0
    money, carbon = (float((energy[loaded] * rate[slots][loaded]).sum()) for rate in rates)
    return Bill(by_band, money, carbon)


def total(jobs: Sequence[Job], placed: Mapping[str, Slots], horizon: Horizon) -> NDArray[np.float64]:
    """What all placed jobs draw, float64[n] [kW]."""
    load = np.zeros(horizon.count)
    for job in jobs:
        if job.code in placed:
            inside = _inside(placed[job.code], horizon)
            load[placed[job.code][inside]] += job.power[inside]
    return load


def conflicts(jobs: Sequence[Job], placed: Mapping[str, Slots], horizon: Horizon) -> list[Conflict]:
    """Every broken promise of the placed jobs, by job and time."""
    known = [job for job in jobs if job.code in placed]
    found = [each for job in known for each in _of_times(job, placed, horizon)]
    found += _of_lines(known, placed)
    found += _of_crew(known, placed, horizon)
    found += _of_demand(known, placed, horizon)
    place = {job.code: number for number, job in enumerate(jobs)}
    return sorted(found, key=lambda each: (place[each.job], each.first, each.kind))


def _of_times(job: Job, placed: Mapping[str, Slots], horizon: Horizon) -> Iterator[Conflict]:
    slots = placed[job.code]
    first, end = int(job.held(slots)[0]), int(slots[-1]) + 1
    if not _inside(slots, horizon).all():
        yield Conflict(Kind.OUTSIDE, job.code, first, end)
    if first < job.earliest:
        yield Conflict(Kind.EARLY, job.code, first, job.earliest)
    if end > job.deadline:
        yield Conflict(Kind.LATE, job.code, job.deadline, end)
    for code in job.after:
        if code in placed and first <= placed[code][-1]:
            yield Conflict(Kind.ORDER, job.code, first, int(placed[code][-1]) + 1, code)


def _of_lines(jobs: Sequence[Job], placed: Mapping[str, Slots]) -> Iterator[Conflict]:
    for number, job in enumerate(jobs):
        mine = job.held(placed[job.code])
        for other in jobs[:number]:
            if other.line == job.line:
                both = np.intersect1d(mine, other.held(placed[other.code]))
                for first, end in runs_of(both):
                    yield Conflict(Kind.LINE, job.code, first, end, other.code)


def _of_crew(jobs: Sequence[Job], placed: Mapping[str, Slots], horizon: Horizon) -> Iterator[Conflict]:
    if horizon.crew is None:
        return
    needed = np.zeros(horizon.count, np.int64)
    for job in jobs:
        needed[_within(job.held(placed[job.code]), horizon)] += job.crew
    for job in jobs:
        held = np.sort(_within(job.held(placed[job.code]), horizon))
        short = held[needed[held] > horizon.crew[held]] if job.crew else held[:0]
        for first, end in runs_of(short):
            at = first + int((needed - horizon.crew)[first:end].argmax())
            yield Conflict(Kind.CREW, job.code, first, end, None, float(needed[at]), float(horizon.crew[at]))


def _of_demand(jobs: Sequence[Job], placed: Mapping[str, Slots], horizon: Horizon) -> Iterator[Conflict]:
    power = total(jobs, placed, horizon) + horizon.base - horizon.sun
    broken = power > horizon.limit_kw + _SLACK_KW
    for job in jobs:
        slots = placed[job.code][(job.power > 0) & _inside(placed[job.code], horizon)]
        for first, end in runs_of(slots[broken[slots]]):
            highest = float(power[first:end].max())
            yield Conflict(Kind.DEMAND, job.code, first, end, None, highest, horizon.limit_kw)


def moves(jobs: Sequence[Job], placed: Mapping[str, Slots], horizon: Horizon, aim: Aim) -> dict[str, Move]:
    """Of each job whose best place saves something, or mends a conflict, while all others stay."""
    board = Board(jobs, horizon, aim)
    for code, slots in placed.items():
        if _inside(board.jobs[code].held(slots), horizon).all():
            board.put(code, slots)
    broken = {each.job for each in conflicts(jobs, placed, horizon)}
    found = {}
    for code in list(board.placed):
        before = board.cost
        slots = board.take(code)
        stays = before - board.cost
        best = board.best(code)
        board.put(code, slots)
        if best and (stays - best.cost > 1e-9 * max(1.0, abs(stays)) or code in broken):
            found[code] = Move(best.slots, stays - best.cost)
    return found


def runs_of(slots: Slots) -> list[tuple[int, int]]:
    """Stretches of ascending quarter hours that follow one another, end not included."""
    if not len(slots):
        return []
    breaks = np.flatnonzero(np.diff(slots) > 1)
    firsts = slots[np.concatenate([[0], breaks + 1])]
    lasts = slots[np.concatenate([breaks, [len(slots) - 1]])]
    return list(zip(firsts.tolist(), (lasts + 1).tolist(), strict=True))


def _inside(slots: Slots, horizon: Horizon) -> _Flags:
    return (slots >= 0) & (slots < horizon.count)


def _within(slots: Slots, horizon: Horizon) -> Slots:
    return slots[_inside(slots, horizon)]
