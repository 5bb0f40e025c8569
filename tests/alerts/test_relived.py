"""Many moments of the past judged at once tell what they tell one after the other."""

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import START_US, Readings, make_park

from alerts.engine import Engine
from alerts.journal import Transition
from alerts.kinds import kinds, read_rule
from alerts.park import Park
from alerts.past import fill, wind
from alerts.reel import Reel
from alerts.rule import LONGEST_S, Rule
from alerts.watch import quantities_of
from alerts.window import Window

SECOND = 1_000_000
METERS = {
    "M0": {"role": "boundary", "interval": math.nan},
    "M1": {"parent": "M0", "interval": math.nan},
    "M2": {"parent": "M0", "interval": 60.0, "multiplier": 2.0, "max_gap": 120.0},
    "SUM": {"sum": {"M1": 1.0, "M2": -0.5}, "source": None, "interval": math.nan},
}
RULES: Mapping[str, dict[str, Any]] = {
    "limit": {"quantity": "active_power", "above": "100 kW", "below": "20 kW", "hysteresis": "10 kW"},
    "rate": {"quantity": "active_power", "rise": "50 kW", "fall": "70 kW", "within": "2 min"},
    "demand": {"contract": "100 kW", "stages": ["60 %", "80 %", "100 %"], "settle": "1 min"},
    "off_peak": {"above": "60 kW", "bands": ["peak"]},
    "base_load": {"above": "40 kW", "begins": "08:10", "ends": "08:40", "rest_days": [], "over": "2 min"},
    "unbalance": {"quantity": "current", "above": "20 %", "least": "20 A"},
    "power_factor": {"below": 0.9, "over": "3 min"},
    "supply": {"nominal": "230 V", "above": "7 %", "below": "7 %"},
    "balance": {"above": "10 %", "over": "2 min"},
    "data_quality": {"sign": "reset"},
}
QUANTITIES = {
    "active_power": (0.0, 130.0),
    "reactive_power": (-60.0, 60.0),
    "energy_import": (0.0, 50.0),
    **{f"current_l{phase}": (0.0, 60.0) for phase in (1, 2, 3)},
    **{f"voltage_l{phase}": (200.0, 260.0) for phase in (1, 2, 3)},
}


class Banded(Park):
    """A park whose hours are dear by turns."""

    def band_at(self, us: int) -> str:
        return ("", "peak", "valley")[us // (900 * SECOND) % 3]


def park() -> Park:
    made = make_park(METERS)
    return Banded(**{name: getattr(made, name) for name in Park.__slots__})


def recorded(seed: int, minutes: int, every_s: int, missing: float) -> Readings:
    """Loads that wander and jump, read with a jitter, for a while not at all, or only in part."""
    random = np.random.default_rng(seed)
    rows = []
    for meter in (1, 2, 3):
        silent_us = 0
        level = {name: random.uniform(*bounds) for name, bounds in QUANTITIES.items()}
        for at in np.arange(0, minutes * 60, every_s) * SECOND:
            jitter = int(random.integers(0, every_s * SECOND // 2)) if seed % 2 else 0
            for name, bounds in QUANTITIES.items():
                if random.random() < 0.2:
                    level[name] = random.uniform(*bounds)
            if random.random() < 0.03:
                silent_us = int(at) + int(random.integers(1, 600)) * SECOND
            if at >= silent_us and random.random() >= missing:
                shown = {name: value for name, value in level.items() if random.random() > missing / 4}
                rows.append((meter, START_US + int(at) + jitter, shown))
    return Readings(rows, until_us=START_US + 10 * 3600 * SECOND)


def shown(changes: list[Transition]) -> list[list[Any]]:
    return [[str(getattr(each, field.name)) for field in fields(each)] for each in changes]


@pytest.mark.parametrize("kind", RULES)
@settings(max_examples=12)
@given(
    seed=st.integers(0, 1 << 32),
    minutes=st.integers(2, 45),
    every_s=st.sampled_from([5, 10, 60, 90]),
    missing=st.sampled_from([0.0, 0.3]),
    step_s=st.sampled_from([10, 30, 60]),
    timing=st.sampled_from([{}, {"hold": "1 min", "clear": "2 min"}, {"storm": 1, "hold": "30 s"}]),
    part=st.integers(1, 40),
    begun_s=st.integers(0, 600),
)
def test_all_at_once_as_one_by_one(
    kind: str,
    seed: int,
    minutes: int,
    every_s: int,
    missing: float,
    step_s: int,
    timing: dict[str, Any],
    part: int,
    begun_s: int,
) -> None:
    labels = {"kind": kind, "code": "tried", "name": {"en": "Tried", "zh": "试"}}
    rule = read_rule({**labels, **RULES[kind], **timing, "flapping": {"times": 3, "within": "5 min"}})
    history, looked_at = recorded(seed, minutes, every_s, missing), park()
    held = {"step_us": step_s * SECOND, "slots": int(LONGEST_S // step_s) + 1}
    window = Window(looked_at, quantities_of([rule]), **held)
    reel = Reel(looked_at, quantities_of([rule]), **held)
    reel.ahead_us = part * reel.step_us
    lo, hi = START_US - 40 * SECOND, START_US + minutes * 60 * SECOND + 7
    one, other = Engine([rule], window), Engine([rule], reel)
    singly = [
        change
        for moment in fill(window, history, lo, hi)
        if moment >= lo + begun_s * SECOND
        for change in one.replay(moment)
    ]
    at_once = []
    for moments in wind(reel, history, lo, hi):
        chosen = moments[moments >= lo + begun_s * SECOND]
        at_once += list(other.relive(reel, chosen)) if len(chosen) else []
    failed = [each.health.last_error for each in (*one.watched.values(), *other.watched.values())]
    assert failed == ["", ""]
    assert shown(at_once) == shown(singly)


def test_every_kind_that_can_is_looked_at() -> None:
    made = {
        kind: read_rule({"kind": kind, "code": "a", "name": {"en": "a", "zh": "一"}, **RULES[kind]})
        for kind in RULES
    }
    assert all(rule.at_once for rule in made.values())
    assert made.keys() == {kind for kind, one in kinds().items() if one.at_once is not Rule.at_once}
