"""20 rules of every kind over 10 000 meters at one moment, with the last hour in memory."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from alerts.engine import Engine
from alerts.kinds import read_rule
from alerts.look import Circumstances
from alerts.park import NOBODY, Park
from alerts.past import Part
from alerts.rule import Rule
from alerts.watch import quantities_of
from alerts.window import STEP_US, Window
from bench.measure import Measure, in_turn

METERS, SOURCES = 10_000, 200
GOAL_S = 0.1
START_US = 1_782_086_400_000_000
RULES: tuple[dict[str, Any], ...] = (
    {"kind": "source_down"},
    {"kind": "stale"},
    {"kind": "demand", "contract": "900 MW"},
    *({"kind": "limit", "quantity": "active_power", "above": f"{kw} kW"} for kw in (150, 160, 170)),
    *({"kind": "limit", "quantity": f"voltage_l{phase}", "below": "207 V"} for phase in (1, 2, 3)),
    {"kind": "limit", "quantity": "frequency", "above": "50.2 Hz", "below": "49.8 Hz"},
    {"kind": "rate", "quantity": "active_power", "rise": "100 kW"},
    {"kind": "unbalance", "quantity": "voltage"},
    {"kind": "power_factor"},
    {"kind": "base_load", "above": "120 kW"},
    {"kind": "supply", "nominal": "230 V"},
    {"kind": "deviation"},
    {"kind": "balance"},
    {"kind": "off_peak", "above": "50 kW"},
    {"kind": "data_quality", "sign": "reset"},
    {"kind": "composite", "any": ["r4", "r6"]},
)


def rules() -> list[Rule]:
    return [
        read_rule({**each, "code": f"r{n}", "name": {"en": "r", "zh": "r"}}) for n, each in enumerate(RULES)
    ]


def park() -> Park:
    place = np.arange(METERS)
    return Park(
        zone=ZoneInfo("Asia/Shanghai"),
        codes=tuple(f"m{n}" for n in place.tolist()),
        ids=place.astype(np.int32),
        multiplier=np.ones(METERS),
        interval_s=np.full(METERS, 10.0),
        most_s=np.full(METERS, 1000.0),
        rated_kw=np.full(METERS, np.nan),
        carrier=("electricity",) * METERS,
        role=("load",) * METERS,
        within=(frozenset({"park"}),) * METERS,
        source=place % SOURCES,
        parent=np.where(place < METERS // 10, NOBODY, place // 10),
        sources=tuple(f"s{n}" for n in range(SOURCES)),
        root="park",
        boundary={"park": place == 0},
    )


def filled(window: Window) -> int:
    """The last hour of it; the moment at which it ends [us]."""
    random, ids = np.random.default_rng(1), window.park.ids
    for slot in range(window.slots):
        now = START_US + slot * STEP_US
        values = random.uniform(90, 110, (METERS, len(window.quantities)))
        window.take(Part(ids, np.full(METERS, now), window.quantities, values), now)
        window.advance(now)
    return now


def measure() -> Iterator[Measure]:
    every = rules()
    window = Window(park(), quantities_of(every))
    engine, now = Engine(every, window), filled(window)

    beside = Circumstances(usual_kw=dict.fromkeys(window.park.codes, 100.0))

    def evaluate() -> None:
        nonlocal now
        now += 500_000
        window.advance(now)
        engine.evaluate(now, beside)

    (seconds,) = in_turn(evaluate)
    failing = [code for code, watched in engine.watched.items() if watched.health.failing]
    assert not failing, failing
    what = f"the goal; {len(every)} rules over {METERS} meters, one core"
    yield Measure("alerts evaluate", seconds, GOAL_S, "s", what)
    held = window.slots * METERS * len(window.quantities) * 8
    yield Measure("alerts memory", window.nbytes / 2**20, held / 2**20, "MiB", "the hour as float64")
