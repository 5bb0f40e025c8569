"""The life of alerts as arrays: inactive, pending, firing, resolved; one step for all subjects at once."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from alerts.rule import Rule
from alerts.verdict import Verdict

NOT_YET = 0
"""In place of a time [us]."""
FAR = np.iinfo(np.int64).max


class Phase(IntEnum):
    INACTIVE = 0
    PENDING = 1
    FIRING = 2


_INACTIVE, _PENDING, _FIRING = (np.int8(phase) for phase in Phase)
_NONE = np.empty(0, np.intp)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long what has to last [us]."""

    hold_us: int
    clear_us: int
    flaps: int
    flap_us: int

    @classmethod
    def of(cls, rule: Rule) -> Self:
        return cls(
            int(rule.hold * 1e6),
            int(rule.clear * 1e6),
            rule.flapping.times,
            int(rule.flapping.within * 1e6),
        )


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """n subjects of one rule; times are [us since 1970]."""

    phase: NDArray[np.int8]
    stage: NDArray[np.int8]
    """The highest that was told of the alert that is open."""
    since: NDArray[np.int64]
    """When its condition began."""
    fired: NDArray[np.int64]
    rising: NDArray[np.int64]
    """Since when a higher stage lasts."""
    well: NDArray[np.int64]
    """Since when all is well."""
    recent: NDArray[np.int64]
    """int64[n, flaps]: when it fired last, the newest last."""
    flapping: NDArray[np.bool_]
    changed: NDArray[np.int64]
    """When its alert fired, was raised or ended last."""

    @classmethod
    def inactive(cls, subjects: int, timing: Timing) -> Self:
        return cls(
            phase=np.zeros(subjects, np.int8),
            stage=np.zeros(subjects, np.int8),
            since=np.zeros(subjects, np.int64),
            fired=np.zeros(subjects, np.int64),
            rising=np.zeros(subjects, np.int64),
            well=np.zeros(subjects, np.int64),
            recent=np.full((subjects, timing.flaps), NOT_YET, np.int64),
            flapping=np.zeros(subjects, np.bool_),
            changed=np.zeros(subjects, np.int64),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Subjects whose alert changed in a step, by their places."""

    fired: NDArray[np.intp]
    raised: NDArray[np.intp]
    resolved: NDArray[np.intp]


def step(states: States, verdict: Verdict, now_us: int, timing: Timing) -> Changes:
    """Let all subjects live on until `now_us`; writes into `states`.

    What is not known ends a hold, and neither fires nor resolves.
    """
    over = verdict.known & (verdict.stage > 0)
    if not over.any() and not states.phase.any():
        return Changes(_NONE, _NONE, _NONE)
    fired = _fire(states, verdict, over, now_us, timing)
    raised = _raise(states, verdict, now_us, timing)
    resolved = _resolve(states, verdict, now_us, timing)
    states.changed[fired | raised | resolved] = now_us
    return Changes(np.flatnonzero(fired), np.flatnonzero(raised), np.flatnonzero(resolved))


def due_us(states: States, timing: Timing) -> int:
    """When something changes next, as long as the same is found; far away where nothing does."""
    firing = states.phase == _FIRING
    needed = np.where(states.flapping, max(timing.flap_us, timing.clear_us), timing.clear_us)
    ends = (
        (states.since + timing.hold_us)[states.phase == _PENDING],
        (states.rising + timing.hold_us)[firing & (states.rising != NOT_YET)],
        (states.well + needed)[firing & (states.well != NOT_YET)],
    )
    return int(min((end.min() for end in ends if len(end)), default=FAR))


def _fire(
    states: States, verdict: Verdict, over: NDArray[np.bool_], now_us: int, timing: Timing
) -> NDArray[np.bool_]:
    begins = over & (states.phase == _INACTIVE)
    states.phase[begins], states.since[begins] = _PENDING, now_us
    states.phase[(states.phase == _PENDING) & ~over] = _INACTIVE
    ripe: NDArray[np.bool_] = (states.phase == _PENDING) & (now_us - states.since >= timing.hold_us)
    states.phase[ripe], states.fired[ripe] = _FIRING, now_us
    states.stage[ripe] = verdict.stage[ripe]
    states.well[ripe] = states.rising[ripe] = NOT_YET
    states.recent[ripe] = np.column_stack([states.recent[ripe, 1:], np.full(ripe.sum(), now_us)])
    first = states.recent[:, 0]
    states.flapping[ripe] = ((first != NOT_YET) & (now_us - first <= timing.flap_us))[ripe]
    return ripe


def _raise(states: States, verdict: Verdict, now_us: int, timing: Timing) -> NDArray[np.bool_]:
    """A higher stage is told when it has lasted as long as the first had to."""
    higher = (states.phase == _FIRING) & verdict.known & (verdict.stage > states.stage)
    states.rising[~higher] = NOT_YET
    states.rising[higher & (states.rising == NOT_YET)] = now_us
    raised: NDArray[np.bool_] = higher & (now_us - states.rising >= timing.hold_us)
    states.stage[raised] = verdict.stage[raised]
    states.rising[raised] = NOT_YET
    return raised


def _resolve(states: States, verdict: Verdict, now_us: int, timing: Timing) -> NDArray[np.bool_]:
    """One that flaps is over only when all was well for as long as its flapping is counted."""
    well = (states.phase == _FIRING) & verdict.known & verdict.well & (verdict.stage == 0)
    states.well[~well] = NOT_YET
    states.well[well & (states.well == NOT_YET)] = now_us
    needed = np.where(states.flapping, max(timing.flap_us, timing.clear_us), timing.clear_us)
    over: NDArray[np.bool_] = well & (now_us - states.well >= needed)
    states.phase[over], states.flapping[over] = _INACTIVE, False
    return over
