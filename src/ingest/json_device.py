"""What the template of a device that publishes JSON says: which paths hold which quantity, and the time."""

from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from ingest.json_path import parse_path
from ingest.template import Frozen, Named, Template
from ingest.unmapped import written


class TimeForm(StrEnum):
    """How a payload tells when it was read."""

    NONE = "none"
    """It does not: the moment of arrival counts."""
    EPOCH_S = "epoch_s"
    EPOCH_MS = "epoch_ms"
    EPOCH_US = "epoch_us"
    EPOCH_NS = "epoch_ns"
    RFC3339 = "rfc3339"
    DIGITS = "digits"
    """Local digits such as 20261122153000, in the zone declared."""

    @property
    def local(self) -> bool:
        """Its times may carry no zone of their own."""
        return self in {TimeForm.RFC3339, TimeForm.DIGITS}


def _readable(text: str) -> str:
    parse_path(text)
    return text


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError) as error:
        raise ValueError(f"{name!r} is not a time zone; an example is Asia/Shanghai") from error


JsonPath = Annotated[str, AfterValidator(_readable)]
"""Keys and array positions joined by dots, `[key=value]` for an element; empty: the payload itself."""
Zone = Annotated[str, AfterValidator(_known_zone)]


def place(channel: str | None, path: str) -> str:
    """Where a number of a device stands."""
    return " ".join(filter(None, (channel, path))) or "the payload"


class TimeField(Frozen):
    path: JsonPath = ""
    form: TimeForm = TimeForm.NONE
    zone: Zone | None = None
    """Of times that carry none; None: the zone of the source."""
    zone_path: JsonPath = ""
    """Where the payload itself tells its zone: +08:00, UTC+8, 8 or Asia/Shanghai."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.zone_path and not self.form.local:
            raise ValueError(f"form {self.form} has no zone")
        if self.form is not TimeForm.NONE and not self.path:
            raise ValueError(f"form {self.form} needs the path of the time")
        return self


class JsonValue(Named):
    path: JsonPath = ""
    channel: str | None = None
    """Where quantities come on topics of their own: what stands at {channel} or # of the source's topic."""
    text: bool = False
    """The number stands in quotes."""

    @property
    def place(self) -> str:
        return place(self.channel, self.path)

    @property
    def name(self) -> str:
        return place(self.channel, written(parse_path(self.path)))


class Records(Frozen):
    """A gateway's message names its meters itself: where they (or the only one) stand, and their names."""

    path: JsonPath
    name: JsonPath


class JsonExample(Frozen):
    note: str
    channel: str | None = None
    record: str = ""
    """The meter, of a gateway's message."""
    payload: str
    time: str | None
    """RFC 3339; None: the moment of arrival."""
    values: dict[str, float | None]


class JsonDevice(Template):
    """A device that publishes JSON over MQTT."""

    protocol: Literal["mqtt"]
    time: TimeField = TimeField()
    records: Records | None = None
    values: tuple[JsonValue, ...] = Field(min_length=1)
    examples: tuple[JsonExample, ...] = ()

    @property
    def measured(self) -> tuple[JsonValue, ...]:
        return self.values

    @property
    def channels(self) -> frozenset[str]:
        """The topics of its own on which it sends; none: the payload of any topic is read."""
        return frozenset(value.channel for value in self.values if value.channel is not None)

    @model_validator(mode="after")
    def _channels_throughout(self) -> Self:
        if self.channels and any(value.channel is None for value in self.values):
            raise ValueError("a channel stands at every value or at none")
        return self
