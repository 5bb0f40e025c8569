"""A rule says whose meters it can never judge."""

import numpy as np
from small_park import START_US, STEP_US, make_park

from alerts.engine import Engine
from alerts.kinds import read_rule
from alerts.look import Circumstances
from alerts.past import Part
from alerts.window import Window

_POWER = {"kind": "limit", "quantity": "active_power", "above": "40 kW"}
_PHASES = {"kind": "unbalance"}
_NAME = {"en": "A rule", "zh": "规则"}
_PHASE_CURRENTS = ("current_l1", "current_l2", "current_l3")
_METERS = {"shows-power": {}, "counts": {}, "burns": {"carrier": "gas"}, "is-silent": {}, "shows-phases": {}}


def _engine(*read: dict[str, float], turns: int = 3) -> Engine:
    """After each of the first meters was read so often."""
    rules = [read_rule({**one, "code": one["kind"], "name": _NAME}) for one in (_POWER, _PHASES)]
    window = Window(make_park(_METERS), ("active_power", *_PHASE_CURRENTS))
    engine = Engine(rules, window)
    for turn in range(turns):
        now_us = START_US + turn * STEP_US
        for meter, shown in enumerate(read, 1):
            values = np.array([[*shown.values(), 1.0]])
            window.take(
                Part(np.array([meter], np.int32), np.array([now_us]), (*shown, "any"), values), now_us
            )
        window.advance(now_us)
        engine.evaluate(now_us, Circumstances())
    return engine


def _blind(engine: Engine) -> dict[str, tuple[str, ...]]:
    return {code: health.blind for code, health in engine.health().items()}


def test_a_meter_that_is_read_and_shows_no_power_is_named_by_a_rule_on_power() -> None:
    phases = dict.fromkeys(_PHASE_CURRENTS, 7.0)
    engine = _engine({"active_power": 4.0}, {}, {})
    assert _blind(engine) == {"limit": ("counts",), "unbalance": ("shows-power", "counts")}
    engine = _engine({"active_power": 4.0} | phases, {"active_power": 4.0, "current_l1": 7.0})
    assert _blind(engine) == {"limit": (), "unbalance": ("counts",)}


def test_a_meter_that_was_read_once_may_show_more_the_next_time() -> None:
    assert _blind(_engine({}, turns=1)) == {"limit": (), "unbalance": ()}


def test_a_meter_that_fell_silent_is_not_blamed_for_what_it_does_not_show() -> None:
    engine = _engine({})
    engine.window.advance(START_US + 400 * STEP_US)
    engine.evaluate(START_US + 400 * STEP_US, Circumstances())
    assert _blind(engine) == {"limit": (), "unbalance": ()}
