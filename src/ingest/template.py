"""What every device template says: its name, where its map was published, which quantities it holds."""

import math
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from accounting.errors import UnitError
from accounting.quantity import CATALOGUE
from accounting.units import conversion

CODE = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"
Code = Annotated[str, Field(pattern=CODE)]


class Frozen(BaseModel):
    """What a YAML file says; a field that nobody knows is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(Frozen):
    """A name in both languages."""

    en: str
    zh: str


class Measured(Frozen):
    """One number of a device: raw * scale + offset is in `unit`, and `unit` fits `quantity`."""

    quantity: str
    unit: str
    scale: float = 1.0
    offset: float = 0.0

    @property
    def place(self) -> str:
        """Where in the device it stands, for a person."""
        raise NotImplementedError

    @property
    def form(self) -> str:
        """Its type on the wire, where there are several."""
        return ""

    @field_validator("quantity")
    @classmethod
    def _catalogued(cls, value: str) -> str:
        if value not in CATALOGUE:
            raise ValueError(f"{value!r} is not in the catalogue of quantities")
        return value

    @field_validator("scale")
    @classmethod
    def _usable_scale(cls, value: float) -> float:
        if value == 0 or not math.isfinite(value):
            raise ValueError("a scale is a finite number other than 0")
        return value

    @model_validator(mode="after")
    def _convertible(self) -> Self:
        try:
            conversion(self.unit, CATALOGUE[self.quantity].unit)
        except UnitError as error:
            raise ValueError(f"quantity {self.quantity}: {error}") from error
        return self


class Named(Measured):
    """One number of a device that names its numbers, and may send more than its template mentions."""

    missing: tuple[float, ...] = ()
    """Numbers, as they stand in what it sends, that mean no value."""

    @property
    def name(self) -> str:
        """Under which it is kept aside as long as the template does not mention it."""
        return self.place


class Template(Frozen):
    """A device as its maker describes it; each protocol adds where the values stand."""

    code: Code
    name: Label
    source: str
    """Where the map was published."""
    verified: bool = False
    """The map was confirmed against its source."""
    note: str = ""
    protocol: str
    """The kind of source behind which it stands."""

    @property
    def measured(self) -> Sequence[Measured]:
        """Everything that is read from it."""
        raise NotImplementedError

    @property
    def quantities(self) -> tuple[str, ...]:
        return tuple(one.quantity for one in self.measured)

    @model_validator(mode="after")
    def _each_quantity_once(self) -> Self:
        seen: set[str] = set()
        for quantity in self.quantities:
            if quantity in seen:
                raise ValueError(f"quantity {quantity} is read twice")
            seen.add(quantity)
        return self
