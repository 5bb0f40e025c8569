"""Readings that came late hold nobody up."""

from small_park import START_US, Memory, Readings, make_park

from alerts.kinds import read_rule
from alerts.look import Circumstances
from alerts.watch import Watch

SECOND = 1_000_000
RULE = {
    "kind": "limit",
    "code": "high",
    "name": {"en": "High", "zh": "高"},
    "quantity": "active_power",
    "above": "400 kW",
    "hold": "30 s",
}


def read(meter: int, second: int, kw: float) -> tuple[int, int, dict[str, float]]:
    return meter, START_US + second * SECOND, {"active_power": kw}


def test_alerts_go_on_while_the_hour_is_lived_through_a_piece_at_a_time() -> None:
    """M1's peak of 30 s to 90 s comes at 200 s, M2 breaks its limit from 205 s on."""
    late = [read(1, second, 500 if second < 90 else 100) for second in range(30, 120, 10)]
    rows = [read(1, second, 100) for second in (*range(0, 30, 10), *range(120, 460, 10))]
    rows += [read(2, second, 500 if second >= 205 else 100) for second in range(0, 460, 5)]
    history, journal = Readings(rows + late), Memory()
    history.held = {1: (START_US + 30 * SECOND, START_US + 120 * SECOND, START_US + 200 * SECOND)}
    park, kept = make_park({"M1": {}, "M2": {}}), list[tuple[float, str, bool]]()
    watch = Watch(journal, history, "process", park, [read_rule(RULE)], budget_s=0.0)
    for tick in range(900):
        now = START_US + tick * SECOND // 2
        history.until_us = now
        found = watch.tick(now, Circumstances())
        kept += [(tick / 2, f"{each.subject.code} {each.what}", each.corrected) for each in found]
    assert kept[0] == (235.0, "M2 fired", False)
    assert [(told, corrected) for _, told, corrected in kept[1:]] == [("M1 resolved", True)]
    assert kept[1][0] > 360
    assert [(each.at_us - START_US) // SECOND for each in journal.kept] == [235, 90]
