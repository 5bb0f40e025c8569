"""The life of alerts, beside one written for a single subject, and through restarts at any moment."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import START_US, STEP_US, Memory, Readings, make_park

from alerts.journal import What
from alerts.kinds import read_rule
from alerts.look import Circumstances
from alerts.machine import Phase, States, Timing, step
from alerts.verdict import Verdict
from alerts.watch import Watch

Finding = tuple[int, bool, bool]
"""Stage, well, known."""
FINDINGS = st.tuples(st.sampled_from([0, 0, 1, 1, 2]), st.booleans(), st.sampled_from([True, True, False]))


@dataclass
class Single:
    """One subject, second by second."""

    timing: Timing
    phase: str = "inactive"
    since: int = 0
    stage: int = 0
    well_since: int | None = None
    higher_since: int | None = None
    flapping: bool = False

    def __post_init__(self) -> None:
        self.firings: list[int] = []

    def live(self, finding: Finding, now: int) -> str | None:
        stage, well, known = finding
        if self.phase == "firing":
            return self._firing(stage if known else 0, known and well and stage == 0, now)
        if not (known and stage):
            self.phase = "inactive"
            return None
        if self.phase == "inactive":
            self.phase, self.since = "pending", now
        if now - self.since < self.timing.hold_us:
            return None
        self.phase, self.stage, self.well_since, self.higher_since = "firing", stage, None, None
        self.firings.append(now)
        counted = self.firings[-self.timing.flaps :]
        self.flapping = len(counted) == self.timing.flaps and now - counted[0] <= self.timing.flap_us
        return "fired"

    def _firing(self, stage: int, well: bool, now: int) -> str | None:
        self.well_since = (now if self.well_since is None else self.well_since) if well else None
        if stage > self.stage:
            self.higher_since = now if self.higher_since is None else self.higher_since
            if now - self.higher_since >= self.timing.hold_us:
                self.stage, self.higher_since = stage, None
                return "raised"
        else:
            self.higher_since = None
        needed = max(self.timing.clear_us, self.timing.flap_us if self.flapping else 0)
        if self.well_since is not None and now - self.well_since >= needed:
            self.phase, self.flapping = "inactive", False
            return "resolved"
        return None


TIMINGS = st.builds(
    Timing,
    hold_us=st.integers(0, 4),
    clear_us=st.integers(0, 4),
    flaps=st.integers(2, 4),
    flap_us=st.integers(1, 20),
)


@settings(max_examples=300)
@given(TIMINGS, st.lists(st.lists(FINDINGS, min_size=3, max_size=3), max_size=40))
def test_many_at_once_live_as_one_alone(timing: Timing, moments: list[list[Finding]]) -> None:
    states, alone = States.inactive(3, timing), [Single(timing) for _ in range(3)]
    for now, findings in enumerate(moments, start=1):
        columns = [np.array(column) for column in zip(*findings, strict=True)]
        number = np.full(3, float(now))
        verdict = Verdict(columns[0].astype(np.int8), columns[1], columns[2], number, number)
        changes = step(states, verdict, now, timing)
        found = {
            at: what
            for what, places in (
                ("fired", changes.fired),
                ("raised", changes.raised),
                ("resolved", changes.resolved),
            )
            for at in places.tolist()
        }
        wanted = {at: one.live(findings[at], now) for at, one in enumerate(alone)}
        assert found == {at: what for at, what in wanted.items() if what}
        assert [Phase(phase).name.lower() for phase in states.phase] == [one.phase for one in alone]


LOADS = st.lists(st.sampled_from([100.0, 395.0, 500.0, None]), min_size=1, max_size=40)


def _lived(loads: list[float | None], restarts: set[int], lost: set[int]) -> list[tuple[str, int]]:
    """What is told when processes end at `restarts`, `lost` ones before the journal had what they found."""
    rule = read_rule(
        {
            "kind": "limit",
            "code": "high",
            "name": {"en": "High", "zh": "高"},
            "quantity": "active_power",
            "above": "400 kW",
            "hysteresis": "10 kW",
            "hold": "20 s",
            "clear": "20 s",
            "flapping": {"times": 3, "within": "3 min"},
        }
    )
    park, journal = make_park({"M1": {"interval": 100.0}}), Memory()
    rows = [(1, START_US + at * STEP_US, {"active_power": v}) for at, v in enumerate(loads) if v]
    history = Readings(rows)
    watch = Watch(journal, history, "0", park, [rule])
    for at in range(len(loads)):
        history.until_us = now = START_US + at * STEP_US
        if at in lost:
            journal.holder = ""
            forgetful = Memory(list(journal.kept), dict(journal.opened), journal.evaluated_us)
            watch._journal = forgetful
            watch.tick(now, Circumstances())
        if at in restarts | lost:
            journal.holder = ""
            watch = Watch(journal, history, str(at), park, [rule])
        watch.tick(now, Circumstances())
    assert len({each.id for each in journal.kept}) == len(journal.kept)
    return [(each.what, (each.at_us - START_US) // STEP_US) for each in journal.kept]


@settings(max_examples=15)
@given(LOADS, st.sets(st.integers(1, 40), max_size=2), st.sets(st.integers(1, 40), max_size=1))
def test_restarts_neither_repeat_nor_forget(
    loads: list[float | None], restarts: set[int], lost: set[int]
) -> None:
    alone = _lived(loads, set(), set())
    assert _lived(loads, restarts, lost) == alone
    assert [what for what, _ in alone] == [What.FIRED, What.RESOLVED] * (len(alone) // 2) + (
        [What.FIRED] if len(alone) % 2 else []
    )
