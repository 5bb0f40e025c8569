"""Numbers as a person writes them, with their unit: "400 kW", "5 min", "80 %"."""

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from accounting.errors import UnitError
from accounting.units import conversion

_AMOUNT = re.compile(r"\s*(?P<number>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>\S*)\s*")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and its unit."""

    value: float
    unit: str

    def to(self, unit: str) -> float:
        """The number in another unit. Raises ValueError when the two do not measure the same thing."""
        try:
            scale, offset = conversion(self.unit, unit)
        except UnitError as error:
            raise ValueError(f"{error} (got '{self}')") from error
        return self.value * scale + offset

    def by(self, unit: str) -> float:
        """A difference in another unit: where units differ by an offset, that does not count. As `to`."""
        return self.to(unit) - Amount(0.0, self.unit).to(unit)

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}".rstrip()

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401  # pydantic's
        written = core_schema.plain_serializer_function_ser_schema(str)
        return core_schema.no_info_plain_validator_function(amount, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "description": "a number and its unit", "examples": ["400 kW"]}


def amount(text: object) -> Amount:
    """Raises ValueError for what is no finite number with a unit; a bare number has the unit 1."""
    if isinstance(text, Amount):
        return text
    found = _AMOUNT.fullmatch(str(text)) if isinstance(text, str | int | float) else None
    if found is None or isinstance(text, bool) or not math.isfinite(float(found["number"])):
        raise ValueError("has to be a number and its unit, such as '400 kW'")
    return Amount(float(found["number"]), found["unit"] or "1")


def _seconds(text: object) -> float:
    if isinstance(text, float):
        return text
    read = amount(text)
    if read.unit not in _SECONDS or read.value < 0:
        raise ValueError("has to be a length of time, such as '30 s', '5 min', '2 h' or '1 d'")
    return read.value * _SECONDS[read.unit]


def _share(text: object) -> float:
    if isinstance(text, float):
        return text
    read = amount(text)
    if read.unit not in {"%", "1"} or read.value < 0:
        raise ValueError("has to be a share, such as '80 %'")
    return read.value / 100 if read.unit == "%" else read.value


def _kw(text: object) -> float:
    return amount(text).to("kW")


Power = Annotated[
    float,
    BeforeValidator(_kw),
    PlainSerializer(lambda kw: f"{kw:g} kW", return_type=str),
    WithJsonSchema({"type": "string", "description": "a power", "examples": ["400 kW"]}),
]
"""Written '400 kW' or '2 MW'; kept in kW."""
Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    PlainSerializer(lambda seconds: f"{seconds:.15g} s", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "description": "a length of time", "examples": ["5 min"]}),
]
"""Written '30 s', '5 min', '2 h' or '1 d'; kept in seconds."""
Share = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema({"type": "string", "description": "a share", "examples": ["80 %"]}),
]
"""Written '80 %'; kept as 0.8."""
