"""What is to be produced, and the quarter hours that it is to be produced in."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from accounting.errors import PlanError

QUARTER_H = 0.25
Slots = NDArray[np.int64]
"""The quarter hours in which a job runs, ascending, one for each of its powers."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """Raises PlanError, with the field that is wrong, for what no plan can hold."""

    code: str
    line: str
    power: NDArray[np.float64]
    """float64[d] [kW] of each quarter hour that it runs."""
    earliest: int
    """Quarter hour of the horizon before which neither it nor its set-up begins."""
    deadline: int
    """Quarter hour by whose start it has ended."""
    interruptible: bool = False
    after: tuple[str, ...] = ()
    """Jobs that end before it begins."""
    setup: int = 0
    """Quarter hours for which line and crew are held before each start, without load."""
    crew: int = 0
    """People."""

    def __post_init__(self) -> None:
        if self.earliest < 0:
            raise PlanError(self.code, "earliest", str(self.earliest), "the horizon begins with 0")
        if not len(self.power):
            raise PlanError(self.code, "duration", "0", "a job runs for at least one quarter hour")
        if not np.isfinite(self.power).all() or (self.power < 0).any():
            raise PlanError(self.code, "power_kw", str(self.power.min()), "power is a number not below zero")
        if self.interruptible and np.ptp(self.power) > 0:
            reason = "a job that may be interrupted draws the same power throughout"
            raise PlanError(self.code, "interruptible", "true", reason)
        if self.deadline <= self.earliest:
            raise PlanError(self.code, "deadline", str(self.deadline), "the deadline is not after the start")
        if self.length > self.deadline - self.earliest:
            held = f"it needs {self.length} quarter hours, {self.deadline - self.earliest} are left for it"
            raise PlanError(self.code, "deadline", str(self.deadline), held)

    @property
    def duration(self) -> int:
        """Quarter hours."""
        return len(self.power)

    @property
    def length(self) -> int:
        """Quarter hours with one set-up."""
        return self.setup + self.duration

    @cached_property
    def energy(self) -> float:
        """[kWh]."""
        return float(self.power.sum() * QUARTER_H)

    def from_start(self, start: int) -> Slots:
        """Without interruption."""
        return np.arange(start, start + self.duration, dtype=np.int64)

    def held(self, slots: Slots) -> Slots:
        """Quarter hours in which it holds its line and crew: set-ups and runs."""
        if not self.interruptible:
            return np.arange(slots[0] - self.setup, slots[-1] + 1, dtype=np.int64)
        starts = slots[np.diff(slots, prepend=slots[0] - 2) > 1]
        before = starts[:, None] - np.arange(self.setup, 0, -1)
        return np.concatenate([before.ravel(), slots])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Horizon:
    """What n quarter hours offer to jobs, all arrays [n]."""

    price: NDArray[np.float64]
    """[currency/kWh] of what is bought; NaN: unpriced."""
    carbon: NDArray[np.float64]
    """[kg/kWh] of what is bought; NaN: no factor."""
    band: NDArray[np.uint8]
    base: NDArray[np.float64]
    """[kW] that all else is expected to draw."""
    sun: NDArray[np.float64]
    """[kW] that is expected of own generation."""
    feed_in: float = 0.0
    """[currency/kWh] for what is fed in."""
    limit_kw: float = np.inf
    """Contract demand."""
    crew: NDArray[np.int64] | None = None
    """People who are there; None: as many as it takes."""

    @property
    def count(self) -> int:
        return len(self.price)

    @property
    def surplus(self) -> NDArray[np.float64]:
        """Own generation that nothing else takes [kW]."""
        return np.maximum(self.sun - self.base, 0.0)

    @property
    def room(self) -> NDArray[np.float64]:
        """What jobs may draw before the contract demand is broken [kW]; inf without one."""
        return np.maximum(self.limit_kw - self.base + self.sun, 0.0)


@dataclass(frozen=True, slots=True)
class Aim:
    """What a plan is to cost little of: money, CO2, or both by a price of CO2."""

    money: float = 1.0
    carbon: float = 0.0
    """[currency/kg]; with money 0 any number above zero."""

    def worth(self, horizon: Horizon) -> NDArray[np.float64]:
        """Of one bought kWh, float64[n]. Raises PlanError when it is not known for all quarter hours."""
        total = np.zeros(horizon.count)
        for share, name, part in (
            (self.money, "price", horizon.price),
            (self.carbon, "factor", horizon.carbon),
        ):
            if share and np.isnan(part).any():
                at = int(np.isnan(part).argmax())
                raise PlanError(
                    "", "from", str(at), f"quarter hour {at} has no {name}, so nothing is cheapest"
                )
            total += share * part if share else 0.0
        return total

    def fed(self, horizon: Horizon) -> NDArray[np.float64]:
        """Of one kWh that is no longer fed in, float64[n]: never more than of a bought one."""
        return np.minimum(self.money * horizon.feed_in, self.worth(horizon))


def in_order(jobs: Mapping[str, Job]) -> list[Job]:
    """Each after those that it comes after. Raises PlanError for jobs that are not there, and for circles."""
    done: dict[str, Job] = {}
    waiting = dict(jobs)
    for job in jobs.values():
        for code in job.after:
            if code not in jobs:
                raise PlanError(job.code, "after", code, "there is no such job in the plan")
    while waiting:
        ready = [job for job in waiting.values() if all(code in done for code in job.after)]
        if not ready:
            named = ", ".join(waiting)
            raise PlanError(next(iter(waiting)), "after", named, "these jobs wait for one another")
        for job in ready:
            done[job.code] = waiting.pop(job.code)
    return list(done.values())
