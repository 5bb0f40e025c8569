"""What was sent of alerts, to whom, and what could not be: log, dead letters, messages to try contacts."""

import os
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Path, Query, Response
from msgspec import Meta, Struct

from alerts.contacts import Contact
from alerts.notice import Name, Notice
from alerts.routing import Draft, key
from alerts.wording import TEST
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.paging import Next, Number, Page
from telemetry.api.problems import Refusal
from telemetry.reports.moment import Moment
from telemetry.storage import deliveries
from telemetry.storage.carried import State
from telemetry.storage.deliveries import Delivery, Listing

_Number = Annotated[int, Path(ge=1, lt=1 << 63, examples=[17])]


class DeliveryEntry(Struct, frozen=True):
    """One change of an alert on its way to one contact by one channel."""

    id: int
    key: Annotated[str, Meta(description="The receiver sees it as Message-ID or Idempotency-Key")]
    bundle: Annotated[str | None, Meta(description="The key of the message in which it goes with others")]
    alert: str
    transition: str
    what: Annotated[str, Meta(examples=["fired"])]
    rule: str
    subject: str
    severity: str
    contact: str
    channel: str
    step: Annotated[int, Meta(description="0: told at once; more: an escalation")]
    state: State
    attempts: int
    created: Moment
    due: Moment
    tried: Moment | None
    sent: Moment | None
    error: Annotated[str, Meta(description="Why it was not sent; empty where it was")]


class DeliveryList(Struct, frozen=True):
    """The newest first."""

    deliveries: list[DeliveryEntry]
    next: Next = None


class ContactEntry(Struct, frozen=True):
    """Whom alerts are told to, without addresses and secrets."""

    contact: str
    name: dict[str, str]
    language: str
    channels: list[str]
    missing: Annotated[list[str], Meta(description="Variables of the environment that are not set")]


class ContactList(Struct, frozen=True):
    """As `contacts.yaml` has them."""

    contacts: list[ContactEntry]


_AT = datetime.fromisoformat("2026-11-22T08:07:09+08:00")
_ENTRY = DeliveryEntry(
    id=17,
    key="9214c68122dde736268a47a1f1714596",
    bundle="9214c68122dde736268a47a1f1714596",
    alert="incomer-overload/meter:M-101/1795306029000000",
    transition="incomer-overload/meter:M-101/1795306029000000/fired/1/1795306029000000",
    what="fired",
    rule="incomer-overload",
    subject="meter:M-101",
    severity="critical",
    contact="duty",
    channel="mail",
    step=0,
    state=State.DEAD,
    attempts=12,
    created=_AT,
    due=_AT,
    tried=_AT,
    sent=None,
    error="the mail server: (550, b'nobody here')",
)
EXAMPLE = DeliveryList([_ENTRY])
CONTACTS_EXAMPLE = ContactList(
    [ContactEntry("duty", {"en": "On duty", "zh": "值班"}, "zh", ["mail"], ["PARKWATT_SMTP_URL"])]
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["alerts"])

    @routes.get("/deliveries", responses=documented("The log", DeliveryList), summary="Deliveries of alerts")
    def listed(
        page: Page,
        state: Annotated[list[State], Query(max_length=5, description="Default: all")] = [],  # noqa: B006  # FastAPI copies it
        contact: Annotated[str | None, Query(max_length=64)] = None,
        alert: Annotated[str | None, Query(max_length=300)] = None,
    ) -> Response:
        """What was sent, what waits, and with `state=dead` what was given up; the newest first.

        For single areas: of their alerts, to their contacts.
        """
        own = {each.code for each in _contacts(dependencies)} if dependencies.database.cut else None
        with dependencies.database.connection() as tx:
            (before,) = page.after(tuple[Number]) or (None,)
            found = deliveries.listed(tx, Listing(state or None, contact, own, alert, before, page.wanted))
        return answer(_list(dependencies, *page.cut(found, lambda each: (each.id,))))

    @routes.post(
        "/deliveries/{number}/retry",
        responses=documented("It is tried again", DeliveryList),
        summary="Try a dead letter again",
    )
    def retry(number: _Number) -> Response:
        """With all that goes in the same message, under the same key; 409 for what is not dead."""
        with dependencies.database.connection() as tx:
            stands = deliveries.one(tx, number)
        if stands is None or stands.contact not in _told(dependencies, stands):
            raise Refusal(404, f"There is no delivery {number}.")
        with dependencies.database.signed() as tx:
            if not deliveries.retry(tx, number, datetime.now(UTC)):
                raise Refusal(409, f"Delivery {number} was not given up, so it cannot be tried again.")
            found = deliveries.one(tx, number)
        return answer(_list(dependencies, [found] if found else []))

    @routes.get("/contacts", responses=documented("Contacts", ContactList), summary="Whom alerts are told to")
    def contacts() -> Response:
        """Without their addresses; `missing` names variables without which no message can leave.

        For single areas: those to whom the routes of their areas lead, and no others.
        """
        return answer(ContactList([_contact(each) for each in _contacts(dependencies)]))

    @routes.post(
        "/contacts/{code}/test",
        responses=documented("It is on its way", DeliveryList),
        summary="Send a contact a test message",
    )
    def test(code: Annotated[str, Path(max_length=64, examples=["duty"])]) -> Response:
        """By each of the contact's channels, at any hour; GET /deliveries tells what became of it."""
        contact = dependencies.plan.directory.by_code.get(code)
        if contact is None:
            raise Refusal(404, f"There is no contact {code!r}. GET /api/v1/contacts lists those there are.")
        notice, now = _test(), datetime.now(UTC)
        made = [_draft(notice, contact, channel.name, now) for channel in contact.channels]
        with dependencies.database.connection() as tx:
            deliveries.put(tx, notice, made, now)
            found = deliveries.listed(tx, Listing(alert=notice.alert))
        return answer(_list(dependencies, found))

    return routes


def _contacts(dependencies: Dependencies) -> Sequence[Contact]:
    """Whom alerts are told to, of the areas that are wholly theirs who ask."""
    directory, scope = dependencies.plan.directory, dependencies.database.scope()
    return directory.contacts if scope is None else tuple(directory.within(scope.wholly))


def _told(dependencies: Dependencies, of: Delivery) -> frozenset[str]:
    """Codes of the contacts of whoever asks; the park's are whoever was ever told."""
    own = frozenset(each.code for each in _contacts(dependencies))
    return own if dependencies.database.cut else own | {of.contact}


def _list(
    dependencies: Dependencies, found: Sequence[Delivery], following: str | None = None
) -> DeliveryList:
    zone = dependencies.plan.zone
    return DeliveryList([_entry(each, zone) for each in found], following)


def _entry(of: Delivery, zone: ZoneInfo) -> DeliveryEntry:
    notice = msgspec.convert(of.notice, Notice)
    return DeliveryEntry(
        id=of.id,
        key=of.key,
        bundle=of.bundle,
        alert=of.alert,
        transition=of.transition,
        what=of.what,
        rule=notice.rule,
        subject=f"{notice.kind}:{notice.subject}",
        severity=notice.severity,
        contact=of.contact,
        channel=of.channel,
        step=of.step,
        state=State(of.state),
        attempts=of.attempts,
        created=of.created_at.astimezone(zone),
        due=of.due.astimezone(zone),
        tried=of.tried_at and of.tried_at.astimezone(zone),
        sent=of.sent_at and of.sent_at.astimezone(zone),
        error=of.error,
    )


def _contact(of: Contact) -> ContactEntry:
    wanted = {name for channel in of.channels for name in channel.variables()}
    missing = sorted(name for name in wanted if not os.environ.get(name))
    names = [channel.name for channel in of.channels]
    return ContactEntry(of.code, {"en": of.name.en, "zh": of.name.zh}, of.language, names, missing)


def _test() -> Notice:
    """Each time another one."""
    now_us = int(time.time() * 1e6)
    name = f"{TEST}/{now_us}/{secrets.token_hex(4)}"
    return Notice(
        id=name,
        alert=name,
        rule=TEST,
        rule_name=Name("A test of ParkWatt's alerts", "ParkWatt 告警测试"),
        kind="park",
        subject=TEST,
        subject_name=Name("Nothing has happened", "无实际告警"),
        what=TEST,
        severity="info",
        at_us=now_us,
        since_us=now_us,
        fired_us=now_us,
    )


def _draft(notice: Notice, contact: Contact, channel: str, now: datetime) -> Draft:
    named = key(notice.id, contact.code, channel)
    return Draft(named, contact.code, channel, 0, follow_up=False, not_before=now, due=now)
