"""What the template of a CJ/T 188 meter says: where in its answer which quantity stands."""

import re
from typing import Literal

from pydantic import Field, field_validator

from ingest.collectors.half_duplex import Digits
from ingest.pace import Paced
from ingest.template import Frozen

_ADDRESS = re.compile(r"(?=.{14}$)(AA)*\d*")


class Item(Digits):
    unit_at: int | None = Field(None, ge=0)
    """Where the code of its unit stands; None: it is always in `unit`."""

    @property
    def place(self) -> str:
        return f"byte {self.at}"


class Example(Frozen):
    """An answer as it stands on the wire, in hexadecimal text, and the catalogue values it means."""

    note: str
    frame: str
    values: dict[str, float | None]


class Cjt188Meter(Paced):
    """A meter that speaks CJ/T 188: water, gas, heat or cooling."""

    protocol: Literal["cjt188"]
    meter_type: int = Field(ge=0, le=0xFF)
    """T: 10 to 19 water, 20 to 29 heat, 30 to 39 gas (hexadecimal)."""
    identifier: str = "1F 90"
    """DI0 and DI1 in the order in which the meter wants them: some want 90 1F."""
    items: tuple[Item, ...] = Field(min_length=1)
    examples: tuple[Example, ...] = ()

    @property
    def measured(self) -> tuple[Item, ...]:
        return self.items

    @field_validator("identifier")
    @classmethod
    def _two_bytes(cls, value: str) -> str:
        if re.fullmatch(r"[0-9A-F]{2} [0-9A-F]{2}", value) is None:
            raise ValueError(f'{value!r} is not two bytes, such as "1F 90"')
        return value


def is_address(address: str | int | None) -> bool:
    """14 digits; leading pairs AA stand for any."""
    return isinstance(address, str) and _ADDRESS.fullmatch(address) is not None
