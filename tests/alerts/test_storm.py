"""Many alerts that come one soon after the other, as meters are read."""

import numpy as np
from small_park import START_US, make_park

from alerts.engine import Engine
from alerts.journal import Quiet, Recalled, Transition, What
from alerts.kinds import read_rule
from alerts.look import Circumstances
from alerts.past import Part
from alerts.window import Window

METERS, AT_A_TIME, TICK_US = 200, 5, 500_000
RULE = {"kind": "limit", "code": "high", "name": {"en": "High", "zh": "高"}, "quantity": "active_power"}


class Reading:
    """A park whose meters are read five at a time, twice a second."""

    def __init__(self) -> None:
        self.park = make_park({f"M{n}": {} for n in range(METERS)})
        self.now_us = START_US
        self.told: list[Transition] = []
        self.begin()

    def begin(self) -> None:
        rule = read_rule({**RULE, "above": "100 kW"})
        self.engine = Engine([rule], Window(self.park, ("active_power",)))

    def show(self, kw: float) -> None:
        for first in range(0, METERS, AT_A_TIME):
            ids = self.park.ids[first : first + AT_A_TIME]
            self.now_us += TICK_US
            times, values = np.full(len(ids), self.now_us), np.full((len(ids), 1), kw)
            self.engine.window.take(Part(ids, times, ("active_power",), values), self.now_us)
            self.engine.window.advance(self.now_us)
            self.told += self.engine.evaluate(self.now_us, Circumstances())

    def told_of(self, what: What) -> list[float]:
        """Value of each change of which somebody is told by itself or by number."""
        return [change.value for change in self.told if change.what is what and not change.quiet]

    def numbers(self) -> list[tuple[What, float]]:
        park = [change for change in self.told if change.subject.code == "park"]
        return [(change.what, change.value) for change in park]


def test_what_comes_one_after_the_other_is_told_as_a_number_too() -> None:
    reading = Reading()
    reading.show(200.0)
    assert len(reading.told_of(What.FIRED)) == 20
    assert reading.numbers() == [(What.STORMED, 25.0), (What.STORMED, 100.0)]
    assert len({change.alert for change in reading.told if change.subject.code == "park"}) == 1
    reading.show(1.0)
    assert reading.numbers()[2:] == [(What.RESOLVED, 5.0)]
    assert len(reading.told_of(What.RESOLVED)) == 21


def test_a_storm_is_one_after_a_restart_too() -> None:
    reading = Reading()
    reading.show(200.0)
    watched = reading.engine.watched["high"]
    opened = [watched.open(place) for place in range(METERS)]
    assert {each.quiet for each in opened} == {Quiet.NO, Quiet.STORM}
    storm = next(change.alert for change in reading.told if change.what is What.STORMED)
    reading.begin()
    reading.engine.resume(Recalled(opened, (), reading.now_us), reading.now_us)
    reading.told = []
    reading.show(1.0)
    park = [(change.what, change.alert) for change in reading.told if change.subject.code == "park"]
    assert park == [(What.RESOLVED, storm)]
