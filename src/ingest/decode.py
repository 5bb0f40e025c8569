"""How the words of a device become numbers in the catalogue's units."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import overload

import numpy as np
from numpy.typing import NDArray

from accounting.quantity import CATALOGUE, LARGEST
from accounting.units import conversion
from ingest.device import Device, Identity, RegisterType, Table, WordOrder
from ingest.errors import PayloadError
from ingest.plan import Span
from ingest.template import Measured, Named, Template

Words = Mapping[Span, Sequence[int] | NDArray[np.uint16]]
"""What was fetched: the words (or bits, as 0 and 1) of each block that answered."""

_DTYPES: Mapping[RegisterType, str] = {
    RegisterType.INT16: ">i2",
    RegisterType.INT32: ">i4",
    RegisterType.INT64: ">i8",
    RegisterType.UINT16: ">u2",
    RegisterType.UINT32: ">u4",
    RegisterType.UINT64: ">u8",
    RegisterType.FLOAT32: ">f4",
    RegisterType.FLOAT64: ">f8",
    RegisterType.BCD16: ">u2",
    RegisterType.BCD32: ">u4",
    RegisterType.BCD64: ">u8",
    RegisterType.BOOL: ">u2",
}
_BCD = {RegisterType.BCD16, RegisterType.BCD32, RegisterType.BCD64}
_FLOAT32 = np.dtype(">f4")
_MOST_TENS = 10
"""The range of SunSpec's sunssf."""
_TENS = (10 ** np.arange(_MOST_TENS + 1)).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Linear:
    """canonical = raw * numerator / denominator + offset; whole tenths stay exact."""

    numerator: float
    denominator: float
    offset: float

    @classmethod
    def of(cls, value: Measured) -> "Linear":
        multiplier, offset = conversion(value.unit, CATALOGUE[value.quantity].unit)
        ratio = Fraction(repr(value.scale)) * Fraction(repr(multiplier))
        return cls(
            float(ratio.numerator), float(ratio.denominator), float(value.offset * multiplier + offset)
        )

    @overload
    def __call__(self, raw: float) -> float: ...
    @overload
    def __call__(self, raw: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def __call__(self, raw: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
        return raw * self.numerator / self.denominator + self.offset


AS_IT_IS = Linear(1.0, 1.0, 0.0)
Meaning = tuple[str, Callable[[float], float]]
"""A quantity, and how a sender's own number becomes the catalogue's; raises PayloadError."""


def scaled(
    raw: object, place: str, value: Measured, linear: Linear, missing: Collection[float] = ()
) -> float:
    """The catalogue's number for one that a device gives as such; NaN = missing. Raises PayloadError."""
    if raw is None:
        return np.nan
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise PayloadError(place, raw, f"{value.quantity} is a number")
    if raw in missing:
        return np.nan
    number = linear(float(raw))
    if not np.isfinite(number):
        raise PayloadError(place, raw, f"{value.quantity} is not finite")
    if abs(number) > LARGEST:
        raise PayloadError(place, raw, f"{value.quantity} is never so much")
    return number


def mentioned(template: Template, name: str) -> Meaning | None:
    """What the numbers mean that a device sent under this name while its template did not mention it."""
    named = (value for value in template.measured if isinstance(value, Named) and value.name == name)
    value = next(named, None)
    if value is None:
        return None
    return value.quantity, lambda raw: scaled(raw, name, value, Linear.of(value), value.missing)


class _Layout:
    """Where each word stands when the blocks lie one after the other."""

    def __init__(self, blocks: Sequence[Span]) -> None:
        self.length = sum(block.count for block in blocks)
        ends = np.cumsum([block.count for block in blocks])
        self.starts = {block: int(end) - block.count for block, end in zip(blocks, ends, strict=True)}

    def images(self, polls: Sequence[Words]) -> NDArray[np.uint16]:
        """The words of polls that brought the same blocks in their places, uint16[n, length]; 0 elsewhere."""
        image = np.zeros((len(polls), self.length), ">u2")
        for block in polls[0]:
            start, content = self.starts[block], [words[block] for words in polls]
            image[:, start : start + block.count] = np.concatenate(content).reshape(len(polls), -1)
        return image

    def presence(self, words: Words) -> NDArray[np.bool_] | None:
        """Which words are there; None: all."""
        if len(words) == len(self.starts):
            return None
        present = np.zeros(self.length, np.bool_)
        for block in words:
            present[self.starts[block] : self.starts[block] + block.count] = True
        return present

    def position(self, table: Table, address: int) -> int:
        for block, start in self.starts.items():
            if block.table == table and block.start <= address < block.end:
                return start + address - block.start
        raise ValueError(f"no block holds {table} {address}")


class Decoder:
    """Decodes what the blocks of one device's plan brought, all registers of a type and all polls at once."""

    def __init__(self, device: Device, blocks: Sequence[Span]) -> None:
        """Raises ValueError when the blocks do not hold all that the device's template asks for."""
        self.quantities = device.quantities
        self._layout = layout = _Layout(blocks)
        self._identity = [(_holding(blocks, one), one) for one in device.identity]
        order = sorted(range(len(device.registers)), key=lambda i: device.registers[i].type)
        self._groups = [
            _Group(layout, device, list(members))
            for _, members in groupby(order, key=lambda i: device.registers[i].type)
        ]

    def decode(self, words: Words) -> NDArray[np.float64]:
        """Values float64[k] by `quantities`, NaN where a block is absent or the device shows no value.

        Raises PayloadError when an identity word says that another device answers.
        """
        self.recognise(words)
        values: NDArray[np.float64] = self.decode_alike([words])[0]
        return values

    def recognise(self, words: Words) -> None:
        """Raises PayloadError when an identity word says that another device answers."""
        for block, expected in self._identity:
            if block in words and (word := words[block][expected.address - block.start]) != expected.value:
                raise PayloadError(
                    f"{expected.table} {expected.address}",
                    int(word),
                    f"another device: this template is known by {expected.value}",
                )

    def decode_alike(self, polls: Sequence[Words]) -> NDArray[np.float64]:
        """Values float64[n, k] of polls of devices that were recognised and brought the same blocks."""
        image, present = self._layout.images(polls), self._layout.presence(polls[0])
        values = np.empty((len(polls), len(self.quantities)))
        for group in self._groups:
            group.decode_into(values, image, present)
        values[~(np.abs(values) <= LARGEST)] = np.nan
        return values


def _holding(blocks: Sequence[Span], word: Identity) -> Span:
    for block in blocks:
        if block.table == word.table and block.start <= word.address < block.end:
            return block
    raise ValueError(f"no block holds {word.table} {word.address}")


class _Group:
    """The registers of one type."""

    def __init__(self, layout: _Layout, device: Device, members: list[int]) -> None:
        registers = [device.registers[i] for i in members]
        kind = registers[0].type
        self._dtype, self._is_bcd = np.dtype(_DTYPES[kind]), kind in _BCD
        self._members = np.array(members)
        at = np.array([layout.position(one.table, one.address) for one in registers])
        self._first, self._last = at, at + kind.words - 1
        self._bytes = np.stack(
            [2 * i + _byte_order(kind, device.order_of(one)) for i, one in zip(at, registers, strict=True)]
        )
        linear = [Linear.of(one) for one in registers]
        self._numerator = _unless(1.0, [one.numerator for one in linear])
        self._denominator = _unless(1.0, [one.denominator for one in linear])
        self._offset = _unless(0.0, [one.offset for one in linear])
        self._missing = [
            (column, np.array(patterns, np.uint64))
            for column, one in enumerate(registers)
            if (patterns := device.missing_of(one))
        ]
        self._scales = [
            (column, layout.position(one.table, one.scale_register))
            for column, one in enumerate(registers)
            if one.scale_register is not None
        ]

    def decode_into(
        self, values: NDArray[np.float64], image: NDArray[np.uint16], present: NDArray[np.bool_] | None
    ) -> None:
        raw = np.take(image.view(np.uint8), self._bytes, axis=1)
        numbers = self._numbers(raw)
        if present is not None:
            numbers[:, ~(present[self._first] & present[self._last])] = np.nan
        self._drop_missing(numbers, raw)
        if self._numerator is not None:
            numbers *= self._numerator
        if self._denominator is not None:
            numbers /= self._denominator
        self._apply_scale_registers(numbers, image, present)
        if self._offset is not None:
            numbers += self._offset
        values[:, self._members] = numbers

    def _numbers(self, raw: NDArray[np.uint8]) -> NDArray[np.float64]:
        if self._is_bcd:
            return _from_bcd(raw)
        typed = raw.view(self._dtype)[..., 0]
        if self._dtype != _FLOAT32:
            return typed.astype(np.float64)
        with np.errstate(invalid="ignore"):  # a signalling NaN
            return typed.astype(np.float64)

    def _drop_missing(self, numbers: NDArray[np.float64], raw: NDArray[np.uint8]) -> None:
        if not self._missing:
            return
        bits = raw.view(f">u{raw.shape[2]}")[..., 0].astype(np.uint64)
        for column, patterns in self._missing:
            numbers[np.isin(bits[:, column], patterns), column] = np.nan

    def _apply_scale_registers(
        self, numbers: NDArray[np.float64], image: NDArray[np.uint16], present: NDArray[np.bool_] | None
    ) -> None:
        for column, position in self._scales:
            if present is not None and not present[position]:
                numbers[:, column] = np.nan
            else:
                numbers[:, column] = _shifted(numbers[:, column], image[:, position].astype(np.int16))


def _unless(neutral: float, values: Sequence[float]) -> NDArray[np.float64] | None:
    """None where all are neutral: there is nothing to do."""
    return np.array(values) if any(value != neutral for value in values) else None


def _shifted(numbers: NDArray[np.float64], power: NDArray[np.int16]) -> NDArray[np.float64]:
    """Times ten to the power: SunSpec allows -10 to 10; anything else, its 0x8000 too, is no scale."""
    shift = _TENS[np.minimum(np.abs(power.astype(np.int32)), _MOST_TENS)]
    shifted: NDArray[np.float64] = np.where(power >= 0, numbers * shift, numbers / shift)
    shifted[(power < -_MOST_TENS) | (power > _MOST_TENS)] = np.nan
    return shifted


def _byte_order(kind: RegisterType, order: WordOrder) -> NDArray[np.intp]:
    """Where each byte, highest first, stands within the register's words."""
    at = np.arange(2 * kind.words).reshape(kind.words, 2)
    if order in {WordOrder.CDAB, WordOrder.DCBA}:
        at = at[::-1]
    if order in {WordOrder.BADC, WordOrder.DCBA}:
        at = at[:, ::-1]
    return at.reshape(-1)


def _from_bcd(raw: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Two decimal digits a byte; NaN where a digit is none."""
    digits = np.stack([raw >> 4, raw & 0xF], axis=3).reshape(*raw.shape[:2], -1)
    powers = 10 ** np.arange(digits.shape[2] - 1, -1, -1, dtype=np.int64)
    numbers: NDArray[np.float64] = (digits.astype(np.int64) @ powers).astype(np.float64)
    numbers[(digits > 9).any(axis=2)] = np.nan  # noqa: PLR2004  # the highest decimal digit
    return numbers
