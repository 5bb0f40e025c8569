"""Who is told when: contacts, routes, quiet hours, escalation."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.contacts import Directory, QuietHours
from alerts.notice import Notice
from alerts.routing import drafts, ending
from alerts.rule import Severity

SHANGHAI = ZoneInfo("Asia/Shanghai")
EIGHT = datetime(2026, 6, 22, 8, tzinfo=SHANGHAI)
MAIL = {"kind": "mail", "to": ["duty@example.com"], "sender": "parkwatt@example.com"}
HOOK = {"kind": "webhook", "url": "https://example.com", "secret_variable": "PARKWATT_HOOK"}
NIGHT = {"from": "22:00", "to": "06:30"}


def contact(code: str, *channels: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"code": code, "name": {"en": code, "zh": code}, "channels": channels or (MAIL,), **rest}


def directory(*contacts: dict[str, Any], **route: Any) -> Directory:
    routes = [{"code": "r", "contacts": ["duty"], **route}]
    return Directory.model_validate({"contacts": contacts, "routes": routes})


def test_each_channel_of_each_contact_once(notice: Notice) -> None:
    both = directory(contact("duty", MAIL, HOOK), contact("chief"), contacts=["duty", "chief"], wait="30 s")
    made = drafts(both, notice, SHANGHAI)
    assert [(each.contact, each.channel) for each in made] == [
        ("duty", "mail"),
        ("duty", "webhook"),
        ("chief", "mail"),
    ]
    assert len({each.key for each in made}) == 3
    assert made == drafts(both, notice, SHANGHAI)
    assert [each.due - EIGHT for each in made] == [timedelta(seconds=s) for s in (30, 0, 30)]


@pytest.mark.parametrize(
    ("route", "fits"),
    [
        ({}, True),
        ({"severities": ["critical"]}, True),
        ({"severities": ["warning"]}, False),
        ({"areas": ["hall"]}, True),
        ({"areas": ["park"]}, True),
        ({"areas": ["yard"]}, False),
        ({"rules": ["demand"]}, True),
        ({"rules": ["stale"]}, False),
        ({"of": ["raised"]}, False),
    ],
)
def test_routes_pick_by_severity_area_and_rule(notice: Notice, route: dict[str, Any], fits: bool) -> None:
    assert bool(drafts(directory(contact("duty"), **route), notice, SHANGHAI)) is fits


def test_the_next_contact_is_told_later(notice: Notice) -> None:
    steps = [{"after": "1 h", "contacts": ["head"]}, {"after": "15 min", "contacts": ["chief", "duty"]}]
    made = drafts(
        directory(contact("duty"), contact("chief"), contact("head"), escalation=steps, wait="0 s"),
        notice,
        SHANGHAI,
    )
    told = [(each.contact, each.step, (each.due - EIGHT).seconds) for each in made]
    assert told == [("duty", 0, 0), ("chief", 1, 900), ("head", 2, 3600)]


def test_two_routes_tell_a_contact_once_and_as_early_as_either(notice: Notice) -> None:
    both = Directory.model_validate(
        {
            "contacts": [contact("duty")],
            "routes": [
                {"code": "slow", "contacts": ["duty"], "wait": "60 s", "of": ["fired"]},
                {"code": "fast", "contacts": ["duty"], "wait": "5 s"},
            ],
        }
    )
    (made,) = drafts(both, notice, SHANGHAI)
    assert (made.due - EIGHT).seconds == 5
    assert made.follow_up


def test_quiet_hours_hold_back_what_is_not_grave(notice: Notice) -> None:
    midnight = int(datetime(2026, 6, 22, tzinfo=SHANGHAI).timestamp()) * 1_000_000
    grave = msgspec.structs.replace(notice, at_us=midnight)
    light = msgspec.structs.replace(grave, severity="warning")
    asleep = directory(contact("duty", quiet=NIGHT), wait="10 s")
    assert drafts(asleep, grave, SHANGHAI)[0].due == datetime(2026, 6, 22, 0, 0, 10, tzinfo=SHANGHAI)
    assert drafts(asleep, light, SHANGHAI)[0].due == datetime(2026, 6, 22, 6, 30, tzinfo=SHANGHAI)
    deaf = directory(contact("duty", quiet={**NIGHT, "passes": None}))
    assert drafts(deaf, grave, SHANGHAI)[0].due == datetime(2026, 6, 22, 6, 30, tzinfo=SHANGHAI)


def test_the_end_is_told_to_those_who_are_still_contacts(notice: Notice) -> None:
    over = msgspec.structs.replace(notice, what="resolved", id="over")
    now = directory(contact("duty", MAIL, HOOK))
    told = [("duty", "mail"), ("duty", "webhook"), ("duty", "gone"), ("gone", "mail")]
    made = ending(now, over, SHANGHAI, told)
    assert [(each.channel, (each.due - EIGHT).seconds) for each in made] == [("mail", 10), ("webhook", 0)]
    assert drafts(now, notice, SHANGHAI)[0].key != made[0].key


@given(
    since=st.times(),
    to=st.times(),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001  # of the wall
)
def test_quiet_hours_end_within_a_day_and_outside_of_themselves(since: time, to: time, at: datetime) -> None:
    hours = QuietHours.model_validate({"from": since, "to": to})
    local = at.replace(tzinfo=SHANGHAI)
    ends = hours.ends(local, Severity.WARNING)
    assert timedelta(0) <= ends - local <= timedelta(days=1)
    if since != to:
        assert hours.ends(ends, Severity.WARNING) == ends
    assert hours.ends(local, Severity.CRITICAL) == local


def test_quiet_hours_go_by_the_clock_on_the_wall_when_it_is_put_back() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hours = QuietHours.model_validate({"from": "22:00", "to": "06:00"})
    ends = hours.ends(datetime(2026, 10, 24, 23, tzinfo=berlin), Severity.INFO)
    assert ends.astimezone(UTC) == datetime(2026, 10, 25, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-10-25T02:55:00+02:00", "2026-10-25T03:10:00+02:00"),
        ("2026-10-25T02:55:00+01:00", "2026-10-25T03:10:00+01:00"),
        ("2026-03-29T01:55:00+01:00", "2026-03-29T02:10:00+01:00"),
    ],
)
def test_an_escalation_waits_as_long_as_it_says_in_the_night_when_the_clock_is_set(
    notice: Notice, moment: str, due: str
) -> None:
    at_us = int(datetime.fromisoformat(moment).timestamp()) * 1_000_000
    passed_on = directory(
        contact("duty"),
        contact("chief"),
        escalation=[{"after": "15 min", "contacts": ["chief"]}],
        wait="10 s",
    )
    first, second = drafts(passed_on, msgspec.structs.replace(notice, at_us=at_us), ZoneInfo("Europe/Berlin"))
    assert first.due.timestamp() == at_us / 1e6 + 10
    assert second.due.timestamp() == datetime.fromisoformat(due).timestamp()


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_after_they_were_asked(notice: Notice) -> None:
    again = datetime(2026, 10, 25, 2, 15, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    light = msgspec.structs.replace(notice, severity="warning", at_us=int(again.timestamp()) * 1_000_000)
    asleep = directory(contact("duty", quiet={"from": "22:00", "to": "02:30"}))
    (made,) = drafts(asleep, light, ZoneInfo("Europe/Berlin"))
    assert made.due.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert made.not_before.astimezone(UTC) == made.due.astimezone(UTC)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"contacts": [contact("a"), contact("a")]}, "a stands twice"),
        ({"routes": [{"code": "r", "contacts": ["b"]}]}, "no contact 'b'"),
        ({"contacts": [contact("a", MAIL, MAIL)]}, "give each a code of its own"),
        ({"contacts": [contact("a", {"kind": "pigeon"})]}, "one of apprise, mail, mqtt, webhook"),
        ({"page": "ftp://x"}, "pattern"),
        (
            {"contacts": [contact("a")], "routes": [{"code": "r", "contacts": ["a"], "of": ["commented"]}]},
            "nobody",
        ),
    ],
)
def test_what_contradicts_itself_is_named(document: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Directory.model_validate(document)
