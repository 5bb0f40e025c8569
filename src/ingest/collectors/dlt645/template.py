"""What the template of a DL/T 645-2007 meter says: which data identifier holds which quantity."""

import re
from typing import Annotated, Literal

from pydantic import Field

from ingest.collectors.half_duplex import Digits
from ingest.pace import Paced
from ingest.template import Frozen

Identifier = Annotated[str, Field(pattern=r"^[0-9A-F]{8}$")]
"""DI3 DI2 DI1 DI0, as the standard prints them; a block ends in FF or holds it."""
_ADDRESS = re.compile(r"(?=.{12}$)(AA)*\d*")


class Item(Digits):
    identifier: Identifier

    @property
    def place(self) -> str:
        return f"{self.identifier}+{self.at}" if self.at else self.identifier


class Example(Frozen):
    """Answers as they stand on the wire, in hexadecimal text, and the catalogue values they mean."""

    note: str
    frames: tuple[str, ...]
    values: dict[str, float | None]


class Dlt645Meter(Paced):
    """A meter that speaks DL/T 645-2007."""

    protocol: Literal["dlt645"]
    items: tuple[Item, ...] = Field(min_length=1)
    examples: tuple[Example, ...] = ()

    @property
    def measured(self) -> tuple[Item, ...]:
        return self.items


def is_address(address: str | int | None) -> bool:
    """12 digits; leading pairs AA stand for any."""
    return isinstance(address, str) and _ADDRESS.fullmatch(address) is not None
