"""Messages on the disk: in order, together, within bounds, and there again whatever was killed."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from alerts.journal import Open, Quiet, Subject, Transition, What
from alerts.notice import Name, Notice
from alerts.rule import Severity
from alerts.verdict import Kind
from ingest.spool.segment import Segment
from telemetry.storage.carried import Known, Row, State, open_after
from telemetry.storage.deliveries import Bundle, Turn
from telemetry.storage.errors import OutboxFull
from telemetry.storage.outbox import Outbox

START = datetime(2026, 6, 1, tzinfo=UTC)
US = int(START.timestamp() * 1e6)


def change(what: What = What.FIRED, second: int = 0, subject: str = "gate") -> Transition:
    moment = US + second * 10**6
    of = Subject(Kind.SOURCE, subject)
    return Transition("down", of, what, moment, US, US, Severity.CRITICAL, 1, float("nan"), 1.0, "")


def row(key: str, second: int = 0, **rest: Any) -> Row:
    named = Name(en=key, zh=key)
    about = {"subject": "gate", "rule": "down", "what": "fired"} | {
        name: rest[name] for name in ("what",) if name in rest
    }
    notice = Notice(
        id=key,
        alert="a",
        rule_name=named,
        kind="source",
        subject_name=named,
        severity="critical",
        at_us=US,
        since_us=US,
        fired_us=US,
        **about,
    )
    due = START + timedelta(seconds=second)
    columns: dict[str, Any] = {
        "key": key,
        "transition": key,
        "alert": "a",
        "what": "fired",
        "contact": "duty",
        "channel": "mail",
        "step": 0,
        "follow_up": True,
        "notice": notice,
        "created_at": START,
        "not_before": START,
        "due": due,
    }
    return Row(**columns | rest)


def turn(second: float = 0.0, holder: str = "me") -> Turn:
    now = START + timedelta(seconds=second)
    return Turn(holder, now, now + timedelta(seconds=60))


def together(_contact: str, _channel: str) -> Sequence[str]:
    return ()


def alone(_contact: str, _channel: str) -> None:
    return None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


def taken(outbox: Outbox, second: float = 0.0, grouping: Callable[..., Any] = alone) -> Bundle:
    found = outbox.take(turn(second), grouping)
    assert found is not None
    return found


def keys(outbox: Outbox, *states: State) -> list[str]:
    return [each.key for each in outbox.rows if each.state in states]


def test_what_was_put_is_there_for_the_next_process(folder: Path) -> None:
    with closing(Outbox.open(folder)) as outbox:
        outbox.put([change()], [row("k")])
    with closing(Outbox.open(folder)) as outbox:
        assert [each.id for each in outbox.changes] == [change().id]
        assert outbox.rows == [row("k")]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_what_was_sent_stays_sent(folder: Path) -> None:
    with closing(Outbox.open(folder)) as outbox:
        outbox.put([change()], [row("k")])
        outbox.sent(taken(outbox).key, START)
    with closing(Outbox.open(folder)) as outbox:
        assert (outbox.rows[0].state, outbox.rows[0].sent_at) == (State.SENT, START)
        assert outbox.take(turn(100), alone) is None


def test_what_a_dead_process_was_sending_is_sent_by_the_next_as_it_was(folder: Path) -> None:
    with closing(Outbox.open(folder)) as outbox:
        outbox.put([], [row("a"), row("b")])
        first = taken(outbox, grouping=together)
    with closing(Outbox.open(folder)) as outbox:
        outbox.put([], [row("c")])
        again = outbox.take(turn(1, "another"), together)
    assert again is not None
    assert (again.key, again.notices, again.attempts) == (first.key, first.notices, 2)


def test_a_file_that_was_begun_and_never_finished_counts_for_nothing(folder: Path) -> None:
    with closing(Outbox.open(folder)) as outbox:
        outbox.put([], [row("k")])
    Segment.create(folder / f"{99:012d}.segment", 4096).close()
    with closing(Outbox.open(folder)) as outbox:
        assert keys(outbox, State.WAITING) == ["k"]
    with closing(Outbox.open(folder)) as outbox:
        assert keys(outbox, State.WAITING) == ["k"]
    assert len(list(folder.iterdir())) == 1


def test_a_record_torn_by_a_power_cut_takes_nothing_else_with_it(folder: Path) -> None:
    with closing(Outbox.open(folder)) as outbox:
        outbox.put([], [row("k")])
        outbox.put([], [row("torn")])
    (path,) = folder.iterdir()
    data = path.read_bytes()
    at = data.rindex(b"torn")
    path.write_bytes(data[:at])
    with closing(Outbox.open(folder)) as outbox:
        assert keys(outbox, State.WAITING) == ["k"]


def test_a_full_file_is_followed_by_one_that_holds_everything(folder: Path) -> None:
    with closing(Outbox.open(folder, size=8192)) as outbox:
        outbox.put([], [row("k"), row("other", 1000)])
        for second in range(0, 600, 60):
            outbox.failed(taken(outbox, second).key, "me", "no", START, final=False)
        assert len(list(folder.iterdir())) == 1
    with closing(Outbox.open(folder, size=8192)) as outbox:
        assert [each.attempts for each in outbox.rows] == [10, 0]


def test_it_takes_no_more_than_its_bound_and_says_so(folder: Path) -> None:
    with closing(Outbox.open(folder, most=2)) as outbox:
        outbox.put([], [row("a"), row("b")])
        with pytest.raises(OutboxFull):
            outbox.put([], [row("c")])
        outbox.put([], [row("a")])
        assert keys(outbox, State.WAITING) == ["a", "b"]


def test_a_disk_without_room_changes_nothing_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    with closing(Outbox.open(folder)) as outbox:
        monkeypatch.setattr(Segment, "append", full)
        with pytest.raises(OutboxFull):
            outbox.put([], [row("k")])
        assert not outbox.pending
        monkeypatch.undo()
        outbox.put([], [row("k")])
    with closing(Outbox.open(folder)) as outbox:
        assert keys(outbox, State.WAITING) == ["k"]


def test_what_waits_for_the_same_contact_goes_together(folder: Path) -> None:
    with closing(Outbox.open(folder)) as outbox:
        outbox.put(
            [], [row("a"), row("b", 5), row("else", contact="chief"), row("later", not_before=turn(9).now)]
        )
        assert [each.id for each in taken(outbox, grouping=together).notices] == ["a", "b"]
        assert [each.id for each in taken(outbox, grouping=together).notices] == ["else"]
        assert outbox.take(turn(), together) is None


def test_the_end_never_overtakes_a_beginning(folder: Path) -> None:
    with closing(Outbox.open(folder)) as outbox:
        outbox.put([], [row("a")])
        first = taken(outbox)
        outbox.put([], [row("over", what="resolved")])
        assert outbox.take(turn(1), alone) is None
        outbox.failed(first.key, "me", "no", turn(5).now, final=False)
        assert outbox.take(turn(4), alone) is None
        assert [taken(outbox, 5).key, outbox.take(turn(5), alone)] == ["a", None]
        outbox.sent("a", turn(5).now)
        assert taken(outbox, 5).key == "over"


def test_who_is_told_further_is_not_once_the_alert_is_over(folder: Path) -> None:
    with closing(Outbox.open(folder)) as outbox:
        outbox.put([], [row("a"), row("chief", 900, step=1)])
        outbox.take_back(["a"], "over")
        assert keys(outbox, State.CANCELLED) == ["chief"]


def test_a_signal_is_renewed_without_end_in_the_same_room(folder: Path) -> None:
    with closing(Outbox.open(folder)) as outbox:
        outbox.put([], [row("0")])
        for n in range(20):
            outbox.sent(taken(outbox, n).key, START)
            outbox.renew(str(n), str(n + 1), START, START)
        assert [each.renewal for each in outbox.rows] == [0, 20]
        outbox.put([], [row("over", what="resolved")])
        assert taken(outbox, 30).key == "over"
        outbox.sent("over", START)
        assert outbox.take(turn(30), alone) is None


def test_what_the_database_was_sending_itself_is_not_sent_from_the_disk(folder: Path) -> None:
    with closing(Outbox.open(folder)) as outbox:
        outbox.leave(["a", "b"], 1)
        outbox.put([], [row("a"), row("b", attempts=1), row("c")])
        assert keys(outbox, State.WAITING) == ["b", "c"]


def test_what_was_handed_over_is_gone_and_what_was_not_stays(folder: Path) -> None:
    def fails(*_: object) -> None:
        raise OSError("away")

    given: list[Any] = []
    with closing(Outbox.open(folder)) as outbox:
        outbox.know(Known(rules=[], silences=(), open=[], told={}, waiting=[]))
        outbox.put([change()], [row("k")])
        with pytest.raises(OSError, match="away"):
            outbox.hand_over(fails)
        assert outbox.pending
        outbox.hand_over(lambda changes, rows: given.extend((list(changes), list(rows))))
        assert given[1] == [row("k")]
    with closing(Outbox.open(folder)) as outbox:
        assert not outbox.pending
        assert outbox.known is not None


def test_alerts_that_are_open_follow_from_what_happened() -> None:
    before = Open("down", Subject(Kind.SOURCE, "other"), 1, US, US, False, Quiet.NO, True)  # noqa: FBT003
    assert [each.subject.code for each in open_after([before], [change()])] == ["other", "gate"]
    assert open_after([before], [change(), change(What.RESOLVED, 9)]) == [before]


def test_a_message_that_is_taken_while_others_are_taken_back_is_one_or_the_other(folder: Path) -> None:
    found: list[Bundle | None] = []

    class Slow(Outbox):
        """Whoever changes it may stop before it does."""

        def _change(self, rows: Sequence[Row]) -> None:
            if not sending.is_alive() and not found:
                sending.start()
                sending.join(0.5)
            super()._change(rows)

    def send() -> None:
        with outbox.held():
            found.append(outbox.take(turn(), alone))

    sending = Thread(target=send)
    with closing(Slow.open(folder)) as outbox:
        outbox.put([], [row("k", step=1)])
        outbox.take_back(["a"], "over")
        sending.join()
        assert (found, keys(outbox, State.CANCELLED)) == ([None], ["k"])
