"""What the template of a device that publishes JSON says: which paths hold which quantity, and the time."""

from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from ingest.template import Frozen, Measured, Template


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


JsonPath = Annotated[str, Field(pattern=r"^([^.]+(\.[^.]+)*)?$")]
"""Keys and array positions joined by dots; the empty path is the payload itself."""


class TimeField(Frozen):
    path: JsonPath = ""
    form: TimeForm = TimeForm.NONE
    zone: str | None = None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        try:
            return value and ZoneInfo(value).key
        except (KeyError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone; an example is Asia/Shanghai") from error

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.form is TimeForm.DIGITS and self.zone is None:
            raise ValueError("local digits need a zone")
        if self.form is not TimeForm.NONE and not self.path:
            raise ValueError(f"form {self.form} needs the path of the time")
        return self


class JsonValue(Measured):
    path: JsonPath
    missing: tuple[float, ...] = ()
    """Numbers, as they stand in the payload, that mean no value."""

    @property
    def place(self) -> str:
        return self.path or "the payload"


class JsonExample(Frozen):
    note: str
    payload: str
    time: str | None
    """RFC 3339; None: the moment of arrival."""
    values: dict[str, float | None]


class JsonDevice(Template):
    """A device that publishes JSON over MQTT."""

    protocol: Literal["mqtt"]
    time: TimeField = TimeField()
    values: tuple[JsonValue, ...] = Field(min_length=1)
    examples: tuple[JsonExample, ...] = ()

    @property
    def measured(self) -> tuple[JsonValue, ...]:
        return self.values
