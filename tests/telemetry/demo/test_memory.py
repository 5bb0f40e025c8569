from pathlib import Path

from telemetry.demo.memory import Memory, days, local_midnight

NOW = 1_795_332_600.0
"""Half past three in the afternoon in Dongguan."""
DAY_S = 86400


def test_a_new_park_begins_36_days_ago_at_midnight(tmp_path: Path) -> None:
    memory = Memory.recall(tmp_path, NOW)
    assert memory.epoch_s == local_midnight(NOW) - 36 * DAY_S
    assert (memory.epoch_s + 8 * 3600) % DAY_S == 0


def test_the_epoch_stays(tmp_path: Path) -> None:
    first = Memory.recall(tmp_path, NOW)
    first.note_posted(first.epoch_s + DAY_S, int(NOW))
    first.keep()
    assert Memory.recall(tmp_path, NOW + 9 * DAY_S) == first


def test_a_new_park_lacks_35_days_and_today_newest_first(tmp_path: Path) -> None:
    memory = Memory.recall(tmp_path, NOW)
    missing = memory.missing(NOW)
    assert missing[0] == (local_midnight(NOW), int(NOW) // 900 * 900)
    assert missing[-1] == (memory.epoch_s + DAY_S, memory.epoch_s + 2 * DAY_S)
    assert len(missing) == 36
    assert sum(b - a for a, b in missing) == int(NOW) // 900 * 900 - memory.epoch_s - DAY_S


def test_an_interrupted_past_is_taken_up_where_it_ended(tmp_path: Path) -> None:
    memory = Memory.recall(tmp_path, NOW)
    all_of_it = memory.missing(NOW)
    for stretch in all_of_it[:10]:
        memory.note_posted(*stretch)
    assert memory.missing(NOW) == all_of_it[10:]


def test_what_happened_while_the_park_was_closed_comes_first(tmp_path: Path) -> None:
    memory = Memory.recall(tmp_path, NOW)
    for stretch in memory.missing(NOW):
        memory.note_posted(*stretch)
    assert memory.missing(NOW) == []
    later = memory.missing(NOW + 2 * DAY_S)
    assert later[0][0] == int(NOW) // 900 * 900
    assert [b for _, b in later[:-1]] == [a for a, _ in later[1:]]
    assert later[-1][1] == int(NOW + 2 * DAY_S) // 900 * 900


def test_a_stretch_within_one_day_is_not_cut() -> None:
    assert days(int(NOW), int(NOW) + 900) == [(int(NOW), int(NOW) + 900)]
    assert days(int(NOW), int(NOW)) == []
