"""What the template of a BACnet device says: which object holds which quantity."""

from typing import Annotated, Literal

from pydantic import Field

from ingest.template import Frozen, Measured, Template

_NUMERIC = (
    "accumulator|analog-input|analog-output|analog-value|integer-value|large-analog-value|positive-integer-value"
    "|pulse-converter"
)
ObjectId = Annotated[str, Field(pattern=rf"^({_NUMERIC}),\d{{1,7}}$")]
"""Type and instance: analog-input,3"""


class BacnetObject(Measured):
    object: ObjectId

    @property
    def place(self) -> str:
        return self.object


class Example(Frozen):
    """Properties of objects as a device shows them, and the catalogue values that they mean."""

    note: str
    objects: dict[ObjectId, dict[str, float | str | list[str] | None]]
    values: dict[str, float | None]


class BacnetDevice(Template):
    protocol: Literal["bacnet"]
    objects: tuple[BacnetObject, ...] = Field(min_length=1)
    objects_a_read: int = Field(8, ge=1)
    """How many one request may name: small devices answer in 480 bytes."""
    examples: tuple[Example, ...] = ()

    @property
    def measured(self) -> tuple[BacnetObject, ...]:
        return self.objects
