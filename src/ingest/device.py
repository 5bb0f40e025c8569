"""What a device template says: which registers or JSON paths hold which quantity, in which form."""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from accounting.errors import UnitError
from accounting.quantity import CATALOGUE
from accounting.units import conversion
from ingest.errors import TemplateError

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]
Address = Annotated[int, Field(ge=0, le=0xFFFF)]
_READ_LIMIT = 125
_BIT_READ_LIMIT = 2000
_ADDRESS_SPACE = 0x10000


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(_Frozen):
    """A device's name in both languages."""

    en: str
    zh: str


class Table(StrEnum):
    """The four address spaces of Modbus, each with the function code that reads it."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"

    @property
    def function_code(self) -> int:
        return {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}[self]

    @property
    def holds_bits(self) -> bool:
        return self in {Table.COIL, Table.DISCRETE}

    @property
    def read_limit(self) -> int:
        return _BIT_READ_LIMIT if self.holds_bits else _READ_LIMIT


class RegisterType(StrEnum):
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    UINT16 = "uint16"
    UINT32 = "uint32"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD16 = "bcd16"
    BCD32 = "bcd32"
    BCD64 = "bcd64"
    BOOL = "bool"

    @property
    def words(self) -> int:
        if self is RegisterType.BOOL:
            return 1
        return int(self.value[-2:]) // 16

    @property
    def bits(self) -> int:
        return 1 if self is RegisterType.BOOL else 16 * self.words


class WordOrder(StrEnum):
    """How bytes A (highest) to D (lowest) travel; BADC and DCBA also swap the bytes of one-word types."""

    ABCD = "ABCD"
    CDAB = "CDAB"
    BADC = "BADC"
    DCBA = "DCBA"


class Measured(_Frozen):
    """One number of a device: raw * scale + offset is in `unit`, and `unit` fits `quantity`."""

    quantity: str
    unit: str
    scale: float = 1.0
    offset: float = 0.0

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


class Register(Measured):
    table: Table = Table.HOLDING
    address: Address
    """As on the wire, counted from 0."""
    type: RegisterType
    word_order: WordOrder | None = None
    """None: the device's."""
    scale_register: Address | None = None
    """An int16 of the same table: the value is further multiplied by ten to its power."""
    missing: tuple[int, ...] | None = None
    """Bit patterns, read as unsigned numbers, that stand for no value; None: the device's for this type."""

    @model_validator(mode="after")
    def _fits_table(self) -> Self:
        if (self.type is RegisterType.BOOL) != self.table.holds_bits:
            raise ValueError(f"quantity {self.quantity}: type {self.type} cannot stand in table {self.table}")
        if self.address + self.type.words > _ADDRESS_SPACE:
            raise ValueError(
                f"quantity {self.quantity}: {self.type} at {self.address} ends beyond address 65535"
            )
        if self.scale_register is not None and self.table.holds_bits:
            raise ValueError(f"quantity {self.quantity}: a {self.table} has no scale_register")
        _check_patterns(self.type, self.missing or ())
        return self


class Identity(_Frozen):
    """A word by which a device can be told from another; a different one refuses the whole reading."""

    table: Table = Table.HOLDING
    address: Address
    value: int = Field(ge=0, le=0xFFFF)


class Example(_Frozen):
    """Words on the wire, by table and address in hexadecimal text, and the catalogue values they mean."""

    note: str
    words: dict[Table, dict[Address, str]]
    values: dict[str, float | None]


class _Template(_Frozen):
    code: Code
    name: Label
    source: str
    """Where the map was published."""
    verified: bool = False
    """The map was confirmed against its source."""
    note: str = ""


class Device(_Template):
    """A Modbus device."""

    protocol: Literal["modbus"]
    word_order: WordOrder = WordOrder.ABCD
    max_words: int = Field(_READ_LIMIT, ge=1, le=_READ_LIMIT)
    """The longest block that the device answers."""
    max_gap: int = Field(10, ge=0)
    """Registers nobody asked for that one read may bridge; 0 where the device refuses them."""
    missing: dict[RegisterType, tuple[int, ...]] = Field(default_factory=dict)
    identity: tuple[Identity, ...] = ()
    registers: tuple[Register, ...] = Field(min_length=1)
    examples: tuple[Example, ...] = ()

    @property
    def quantities(self) -> tuple[str, ...]:
        return tuple(register.quantity for register in self.registers)

    def order_of(self, register: Register) -> WordOrder:
        return register.word_order or self.word_order

    def missing_of(self, register: Register) -> tuple[int, ...]:
        return self.missing.get(register.type, ()) if register.missing is None else register.missing

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_once(self.quantities)
        for kind, patterns in self.missing.items():
            _check_patterns(kind, patterns)
        for register in self.registers:
            if register.type.words > self.max_words:
                raise ValueError(
                    f"quantity {register.quantity}: {register.type} is longer than max_words {self.max_words}"
                )
        return self


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


class TimeField(_Frozen):
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


class JsonExample(_Frozen):
    note: str
    payload: str
    time: str | None
    """RFC 3339; None: the moment of arrival."""
    values: dict[str, float | None]


class JsonDevice(_Template):
    """A device that publishes JSON over MQTT."""

    protocol: Literal["mqtt"]
    time: TimeField = TimeField()
    values: tuple[JsonValue, ...] = Field(min_length=1)
    examples: tuple[JsonExample, ...] = ()

    @property
    def quantities(self) -> tuple[str, ...]:
        return tuple(value.quantity for value in self.values)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_once(self.quantities)
        return self


AnyDevice = Annotated[Device | JsonDevice, Field(discriminator="protocol")]
DEVICE: TypeAdapter[Device | JsonDevice] = TypeAdapter(AnyDevice)


def read_template(document: object) -> Device | JsonDevice:
    """A checked template. Raises TemplateError with every field that is wrong, its value and the reason."""
    try:
        return DEVICE.validate_python(document)
    except ValidationError as error:
        raise TemplateError("\n".join(map(_complaint, error.errors()))) from error


def _complaint(item: ErrorDetails) -> str:
    where = ".".join(str(part) for part in item["loc"][1:])
    shown = "" if isinstance(item["input"], dict | list) else f" (got {item['input']!r})"
    return f"{where}: {item['msg'].removeprefix('Value error, ')}{shown}"


def _check_once(quantities: Iterable[str]) -> None:
    seen: set[str] = set()
    for quantity in quantities:
        if quantity in seen:
            raise ValueError(f"quantity {quantity} is read twice")
        seen.add(quantity)


def _check_patterns(kind: RegisterType, patterns: Iterable[int]) -> None:
    for pattern in patterns:
        if not 0 <= pattern < 1 << kind.bits:
            raise ValueError(f"missing pattern {pattern:#x} does not fit {kind}")
