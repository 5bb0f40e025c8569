"""What the template of a Modbus device says: which registers hold which quantity, in which form."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ingest.pace import Paced
from ingest.template import Frozen, Measured

Address = Annotated[int, Field(ge=0, le=0xFFFF)]
_READ_LIMIT = 125
_BIT_READ_LIMIT = 2000
_ADDRESS_SPACE = 0x10000


class Table(StrEnum):
    """The four address spaces of Modbus, each with the function code that reads it."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"

    __hash__ = str.__hash__  # Enum's own is written in Python, and every read looks blocks up

    @property
    def function_code(self) -> int:
        return _FUNCTION_CODES[self]

    @property
    def holds_bits(self) -> bool:
        return self.function_code <= 2  # noqa: PLR2004  # 1, 2: bits

    @property
    def read_limit(self) -> int:
        return _BIT_READ_LIMIT if self.holds_bits else _READ_LIMIT


_FUNCTION_CODES = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}


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

    @property
    def place(self) -> str:
        return f"{self.table} {self.address}"

    @property
    def form(self) -> str:
        return self.type

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


class Identity(Frozen):
    """A word by which a device can be told from another; a different one refuses the whole reading."""

    table: Table = Table.HOLDING
    address: Address
    value: int = Field(ge=0, le=0xFFFF)


class Text(Frozen):
    """Who the device is: read once when it is first reached, and no quantity."""

    name: str = Field(pattern="^(manufacturer|model|version|serial)$")
    table: Table = Table.HOLDING
    address: Address
    words: int = Field(ge=1, le=64)
    type: Literal["text", "number"] = "text"
    """Two characters a register, or one unsigned number, highest word first."""
    swapped: bool = False
    """The low byte of each register comes first."""


class SunSpec(Frozen):
    """The template describes a SunSpec model, wherever it stands in the device."""

    model: int = Field(ge=1, lt=0xFFFF)
    at: Address = 0
    """Where its first word would stand by the addresses of this template."""


class Example(Frozen):
    """Words on the wire, by table and address in hexadecimal text, and the catalogue values they mean."""

    note: str
    words: dict[Table, dict[Address, str]]
    values: dict[str, float | None]


class Device(Paced):
    """A Modbus device."""

    protocol: Literal["modbus"]
    word_order: WordOrder = WordOrder.ABCD
    max_words: int = Field(_READ_LIMIT, ge=1, le=_READ_LIMIT)
    """The longest block that the device answers."""
    max_gap: int = Field(10, ge=0)
    """Registers nobody asked for that one read may bridge; 0 where the device refuses them."""
    missing: dict[RegisterType, tuple[int, ...]] = Field(default_factory=dict)
    identity: tuple[Identity, ...] = ()
    texts: tuple[Text, ...] = ()
    sunspec: SunSpec | None = None
    registers: tuple[Register, ...] = Field(min_length=1)
    examples: tuple[Example, ...] = ()

    @property
    def measured(self) -> tuple[Register, ...]:
        return self.registers

    def order_of(self, register: Register) -> WordOrder:
        return register.word_order or self.word_order

    def missing_of(self, register: Register) -> tuple[int, ...]:
        return self.missing.get(register.type, ()) if register.missing is None else register.missing

    def moved(self, start: int) -> "Device":
        """Of a SunSpec device: with its model at `start`."""
        by = start - (self.sunspec.at if self.sunspec else 0)
        registers = tuple(_moved(register, by) for register in self.registers)
        identity = tuple(one.model_copy(update={"address": one.address + by}) for one in self.identity)
        return self.model_copy(update={"registers": registers, "identity": identity, "sunspec": None})

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for kind, patterns in self.missing.items():
            _check_patterns(kind, patterns)
        for register in self.registers:
            if register.type.words > self.max_words:
                raise ValueError(
                    f"quantity {register.quantity}: {register.type} is longer than max_words {self.max_words}"
                )
        return self


def _moved(register: Register, by: int) -> Register:
    scale = register.scale_register
    update = {"address": register.address + by, "scale_register": None if scale is None else scale + by}
    return register.model_copy(update=update)


def _check_patterns(kind: RegisterType, patterns: Iterable[int]) -> None:
    for pattern in patterns:
        if not 0 <= pattern < 1 << kind.bits:
            raise ValueError(f"missing pattern {pattern:#x} does not fit {kind}")
