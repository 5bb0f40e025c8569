"""One change of an alert as people and machines are told of it, with what they need to understand it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, field

Language = Literal["en", "zh"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Name(Struct, frozen=True):
    """In both languages."""

    en: str
    zh: str

    def by(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


class Notice(Struct, frozen=True, kw_only=True):
    """Kept with each delivery, so that what is told stays what held at the time."""

    id: str
    """Of the change: the same whenever it is told."""
    alert: str
    rule: str
    rule_name: Name
    kind: str
    """Of the subject: meter, source, area or park."""
    subject: str
    subject_name: Name
    areas: tuple[str, ...] = ()
    """Where it stands, from its own area up to the park."""
    area_name: Name | None = None
    source: str = ""
    """What its meter is read from."""
    what: str
    severity: str
    stage: int = 1
    at_us: int
    since_us: int
    fired_us: int
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    flapping: bool = False
    corrected: bool = False
    gone: bool = False
    """It ends as its rule or its subject is no more, however things stand."""
    figure: Name | None = None
    """What the value is."""
    share: bool = False
    """Whether value and limit are shares of one."""
    advice: Name | None = None
    """What to do."""
    more: Mapping[str, float | None] = field(default_factory=dict)
    """Further figures, by name with unit."""
    band: Name | None = None
    """Of the tariff, when it happened."""
    price: float | None = None
    """Of a kWh then."""
    currency: str = ""
    storm: int = 20
    """Of more alerts of this rule at once only the number is told."""
    link: str = ""

    def at(self, zone: ZoneInfo) -> datetime:
        return local(self.at_us, zone)


class Message(Struct, frozen=True):
    """What a channel sends in one go."""

    key: str
    """The same whenever it is sent: by it a receiver knows a repetition."""
    language: Language
    subject: str
    text: str
    notices: tuple[Notice, ...]


def local(us: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=us)).astimezone(zone)
