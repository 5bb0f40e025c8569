"""How a JSON payload becomes the values of one reading."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from accounting.quantity import LARGEST
from ingest.decode import Linear
from ingest.errors import PayloadError
from ingest.json_device import JsonDevice, JsonValue, TimeForm
from ingest.moment import TimeReader

_ABSENT = object()


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    time_us: int
    values: NDArray[np.float64]
    """float64[k] by the template's quantities; NaN = not there."""
    complaints: tuple[PayloadError, ...]
    """What could not be read beside what could."""


@dataclass(slots=True)
class _Branch:
    """The template's paths as a tree: what no payload holds is looked for once."""

    children: dict[str, "_Branch"]
    leaf: tuple[int, JsonValue, Linear] | None = None


class PayloadReader:
    """Reads the payloads of one device template."""

    def __init__(self, device: JsonDevice) -> None:
        self.quantities = device.quantities
        self.dated = device.time.form is not TimeForm.NONE
        """The payloads say when they were read."""
        self._time = TimeReader(device.time)
        self._time_path = _split(device.time.path)
        self._tree = _Branch({})
        for column, value in enumerate(device.values):
            self._plant(column, value)

    def read(self, payload: bytes, now: float) -> Reading:
        """`now` [s since 1970] dates payloads without a time. Raises PayloadError when nothing is usable."""
        document = _parse(payload)
        moment = _follow(document, self._time_path)
        time_us = self._time.read(None if moment is _ABSENT else moment, now)
        values = np.full(len(self.quantities), np.nan)
        complaints = tuple(self._collect(document, self._tree, values))
        if np.isnan(values).all():
            raise (
                complaints[0] if complaints else PayloadError("", _shown(payload), "holds none of the values")
            )
        return Reading(time_us, values, complaints)

    def _plant(self, column: int, value: JsonValue) -> None:
        branch = self._tree
        for key in _split(value.path):
            branch = branch.children.setdefault(key, _Branch({}))
        branch.leaf = (column, value, Linear.of(value))

    def _collect(self, node: object, branch: _Branch, values: NDArray[np.float64]) -> Iterator[PayloadError]:
        if branch.leaf is not None:
            try:
                values[branch.leaf[0]] = _number(node, *branch.leaf[1:])
            except PayloadError as error:
                yield error
        for key, child in branch.children.items():
            found = _step(node, key)
            if found is not _ABSENT:
                yield from self._collect(found, child, values)


def _number(node: object, value: JsonValue, linear: Linear) -> float:
    if node is None:
        return np.nan
    if isinstance(node, bool) or not isinstance(node, int | float):
        raise PayloadError(value.path, node, f"{value.quantity} is a number")
    if node in value.missing:
        return np.nan
    number = linear(float(node))
    if not np.isfinite(number):
        raise PayloadError(value.path, node, f"{value.quantity} is not finite")
    if abs(number) > LARGEST:
        raise PayloadError(value.path, node, f"{value.quantity} is never so much")
    return number


def _parse(payload: bytes) -> object:
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError("", _shown(payload), f"not JSON: {error}") from error


def _shown(payload: bytes) -> str:
    return payload[:200].decode(errors="replace")


def _split(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def _follow(node: object, path: tuple[str, ...]) -> object:
    for key in path:
        node = _step(node, key)
    return node


def _step(node: object, key: str) -> object:
    if isinstance(node, dict):
        return node.get(key, _ABSENT)
    if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
        return node[int(key)]
    return _ABSENT
