"""Sessions end by time, by leaving, and never come back by what was read before."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from telemetry.access.pace import Pace
from telemetry.access.roster import IDLE, LONGEST, Roster
from telemetry.storage.sessions import OpenSession

START = datetime(2026, 6, 1, 8, tzinfo=UTC)


class Wall:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now.timestamp()


def session(digest: bytes = b"a", person: int = 1, used_at: datetime = START) -> OpenSession:
    return OpenSession(
        digest=digest,
        person_id=person,
        name="li.na",
        origin="192.0.2.7",
        browser="Firefox",
        created_at=START,
        last_used_at=used_at,
        roles=["enterprise-user"],
        areas=["E1"],
    )


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def roster(wall: Wall) -> Roster:
    roster = Roster(wall)
    roster.add(session())
    return roster


def test_a_session_lets_its_person_in(roster: Roster) -> None:
    found = roster.find(b"a")
    assert found is not None
    assert (found.asker.name, found.asker.person, found.asker.areas) == ("li.na", 1, {"E1"})
    assert roster.find(b"b") is None


def test_it_ends_when_nobody_used_it(roster: Roster, wall: Wall) -> None:
    wall.now += IDLE - timedelta(seconds=1)
    assert roster.find(b"a")
    wall.now += IDLE - timedelta(seconds=1)
    assert roster.find(b"a")
    wall.now += IDLE
    assert roster.find(b"a") is None


def test_it_ends_however_much_it_is_used(roster: Roster, wall: Wall) -> None:
    while wall.now < START + LONGEST - IDLE / 2:
        wall.now += IDLE / 2
        assert (roster.find(b"a") is not None) == (wall.now < START + LONGEST)
    wall.now = START + LONGEST
    assert roster.find(b"a") is None


def test_what_was_read_before_a_change_is_not_taken(roster: Roster) -> None:
    turn = roster.turn()
    roster.leave(b"a")
    roster.replace([session()], turn, anybody=True)
    assert roster.find(b"a") is None
    roster.replace([session()], roster.turn(), anybody=True)
    assert roster.find(b"a")


def test_what_was_read_before_a_person_changed_is_not_taken(roster: Roster) -> None:
    earlier, later = roster.turn(), roster.turn()
    roster.replace([], later, anybody=True)
    roster.replace([session()], earlier, anybody=True)
    assert roster.find(b"a") is None


def test_who_comes_while_the_sessions_are_taken_up_stays(roster: Roster) -> None:
    """The thread that takes them up may stop anywhere, and another one let somebody in."""
    coming = Thread(target=roster.add, args=[session(b"b")])

    class Found(list[OpenSession]):
        def __iter__(self) -> Iterator[OpenSession]:
            yield from super().__iter__()
            coming.start()
            coming.join(0.5)

    roster.replace(Found([session()]), roster.turn(), anybody=True)
    coming.join()
    assert roster.find(b"b")


def test_what_is_read_keeps_when_it_was_used_here(roster: Roster, wall: Wall) -> None:
    wall.now += IDLE / 2
    roster.find(b"a")
    roster.replace([session()], roster.turn(), anybody=True)
    wall.now += IDLE * 0.75
    assert roster.find(b"a")


def test_one_person_leaves_and_another_stays(roster: Roster) -> None:
    roster.add(session(b"b"))
    roster.add(session(b"c", person=2))
    roster.leave_all(1, but=b"b")
    assert [roster.find(each) is not None for each in (b"a", b"b", b"c")] == [False, True, True]


def test_uses_are_told_once(roster: Roster, wall: Wall) -> None:
    roster.find(b"a")
    assert roster.drained() == {b"a": wall.now}
    assert roster.drained() == {}


def test_an_address_tries_so_often_and_others_are_not_in_its_way(wall: Wall) -> None:
    pace = Pace(3, wall)
    assert [pace.wait_s("192.0.2.7") for _ in range(4)] == [0, 0, 0, 20]
    assert pace.wait_s("192.0.2.8") == 0
    wall.now += timedelta(seconds=20)
    assert pace.wait_s("192.0.2.7") == 0
