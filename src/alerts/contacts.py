"""Who is told of which alerts, how and when: contacts and routes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from accounting.prices import Label
from alerts.amounts import Seconds
from alerts.channel import Channel
from alerts.channels import AnyChannel
from alerts.journal import What
from alerts.notice import Language, Notice
from alerts.rule import Code, Frozen, Severity

_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_TOLD = (What.FIRED, What.RAISED, What.REVEALED, What.STORMED, What.RESOLVED)


class QuietHours(Frozen):
    """Hours of each day, in the park's zone, in which alerts wait."""

    since: time = Field(alias="from")
    to: time
    passes: Severity | None = Severity.CRITICAL
    """Alerts of this severity and graver ones come all the same; null: none does."""

    def ends(self, at: datetime, severity: Severity) -> datetime:
        """From when on an alert may be told, `at` itself where it may be at once."""
        if self.passes is not None and _RANK[severity] >= _RANK[self.passes]:
            return at
        clock = at.time()
        overnight = self.to <= self.since
        inside = (clock >= self.since or clock < self.to) if overnight else self.since <= clock < self.to
        if not inside:
            return at
        day = at.date() + timedelta(days=overnight and clock >= self.since)
        ends = datetime.combine(day, self.to, at.tzinfo)
        return ends if ends.timestamp() >= at.timestamp() else ends.replace(fold=1)


class Contact(Frozen):
    """A person, a group or a system."""

    code: Code
    name: Label
    language: Language = "zh"
    channels: tuple[AnyChannel, ...] = Field(min_length=1)
    quiet: QuietHours | None = None
    group: tuple[Literal["rule", "area", "source"], ...] = ()
    """In what alerts have to be alike to go in one message; where nothing is named, all go together."""

    def channel(self, name: str) -> Channel | None:
        return next((each for each in self.channels if each.name == name), None)

    @field_validator("channels")
    @classmethod
    def _told_apart(cls, value: tuple[Channel, ...]) -> tuple[Channel, ...]:
        names = [channel.name for channel in value]
        if len(set(names)) < len(names):
            raise ValueError(f"two channels have one name; give each a code of its own: {', '.join(names)}")
        return value


class Escalation(Frozen):
    """Who is told when nobody has acknowledged for so long."""

    after: Seconds = Field(gt=0)
    contacts: tuple[Code, ...] = Field(min_length=1)


class Route(Frozen):
    """Which alerts go to whom; what names nothing fits everything."""

    code: Code
    severities: tuple[Severity, ...] = ()
    areas: tuple[Code, ...] = ()
    """And whatever stands in them."""
    rules: tuple[Code, ...] = ()
    of: Annotated[tuple[What, ...], Field(min_length=1)] = _TOLD
    contacts: tuple[Code, ...] = Field(min_length=1)
    escalation: tuple[Escalation, ...] = ()
    wait: Seconds = Field(default=10.0, le=3600.0)
    """How long the first alert waits for others that go in the same message."""

    def fits(self, notice: Notice) -> bool:
        return (
            notice.what in self.of
            and (not self.severities or notice.severity in self.severities)
            and (not self.areas or not set(self.areas).isdisjoint(notice.areas))
            and (not self.rules or notice.rule in self.rules)
        )

    def steps(self) -> Iterator[tuple[float, Sequence[str]]]:
        """(seconds after it fired, contacts), the first at once."""
        yield 0.0, self.contacts
        for step in sorted(self.escalation, key=lambda step: step.after):
            yield step.after, step.contacts

    @field_validator("of")
    @classmethod
    def _worth_telling(cls, value: tuple[What, ...]) -> tuple[What, ...]:
        for what in value:
            if what not in _TOLD:
                raise ValueError(f"{what} is told to nobody; of can hold {', '.join(_TOLD)}")
        return value


class Directory(Frozen):
    """The whole file."""

    page: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """Where people reach ParkWatt's page; links begin with it."""
    contacts: tuple[Contact, ...] = ()
    routes: tuple[Route, ...] = ()

    @property
    def by_code(self) -> Mapping[str, Contact]:
        return {contact.code: contact for contact in self.contacts}

    def of_areas(self) -> Self:
        """With those routes alone that name areas."""
        return self.model_copy(update={"routes": tuple(route for route in self.routes if route.areas)})

    def within(self, areas: Collection[str]) -> Iterator[Contact]:
        """Those to whom routes of these areas lead, and no other route does."""
        told: dict[str, set[bool]] = {}
        for route in self.routes:
            inside = bool(route.areas) and set(route.areas) <= set(areas)
            for _, contacts in route.steps():
                for code in contacts:
                    told.setdefault(code, set()).add(inside)
        return (contact for contact in self.contacts if told.get(contact.code) == {True})

    def named(self) -> Iterator[tuple[str, str, str]]:
        """(field, what, code) for every area and rule that routes name."""
        for at, route in enumerate(self.routes):
            for what in ("areas", "rules"):
                for index, code in enumerate(getattr(route, what)):
                    yield f"routes[{at}].{what}[{index}]", what.removesuffix("s"), code

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for what in ("contacts", "routes"):
            codes = [each.code for each in getattr(self, what)]
            twice = sorted({code for code in codes if codes.count(code) > 1})
            if twice:
                raise ValueError(f"{what}: {', '.join(twice)} stands twice")
        known = self.by_code
        for route in self.routes:
            for _, contacts in route.steps():
                for code in contacts:
                    if code not in known:
                        raise ValueError(f"route {route.code}: there is no contact {code!r}")
        return self


NOBODY = Directory()
