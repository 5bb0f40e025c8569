"""The template's paths as a msgspec type: the quick way for payloads that hold what the template says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from accounting.quantity import LARGEST
from ingest.decode import Linear
from ingest.json_device import JsonDevice, JsonValue
from ingest.json_path import Step, parse_path

_Tree = dict[str, tuple[str, Any]]
Quick = tuple[NDArray[np.float64], object, object]
"""Values float64[k] by the template's quantities, the time and the zone as they stand."""


@dataclass(frozen=True, slots=True, eq=False)
class TypedPayload:
    """Decodes many payloads into columns; leaves out what is not as the template says."""

    decode: Callable[[bytes], Any]
    numbers: Callable[[Any], tuple[float | None, ...]]
    moment: Callable[[Any], object]
    zone: Callable[[Any], object]
    columns: NDArray[np.int64]
    width: int
    values: tuple[JsonValue, ...]
    linear: tuple[Linear, ...]

    def read(self, payloads: Sequence[bytes]) -> Mapping[int, Quick]:
        """By place in `payloads`; one that is missing here is to be read with care."""
        found: list[tuple[int, Any]] = []
        for place, payload in enumerate(payloads):
            try:
                found.append((place, self.decode(payload)))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
        if not found:
            return {}
        raw = np.array([self.numbers(document) for _, document in found], np.float64)
        values, sound = self._converted(raw)
        return {
            place: (row, self.moment(document), self.zone(document))
            for (place, document), row, good in zip(found, values, sound.tolist(), strict=True)
            if good
        }

    def _converted(self, raw: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Values float64[n, width] in the catalogue's units, and which rows bool[n] are beyond doubt."""
        for at, value in enumerate(self.values):
            if value.missing:
                raw[np.isin(raw[:, at], value.missing), at] = np.nan
        each = [[line.numerator, line.denominator, line.offset] for line in self.linear]
        numerator, denominator, offset = np.array(each).T
        converted = raw * numerator / denominator + offset
        absent = np.isnan(converted)
        sound = ~absent.all(axis=1) & (absent | (np.abs(converted) <= LARGEST)).all(axis=1)
        values = np.full((len(raw), self.width), np.nan)
        values[:, self.columns] = converted
        return values, sound


def typed(device: JsonDevice, channel: str | None) -> TypedPayload | None:
    """None where the template's paths lead through arrays or to numbers in quotes."""
    chosen = [(at, value) for at, value in enumerate(device.values) if value.channel == channel]
    times = [path for path in (device.time.path, device.time.zone_path) if path]
    if device.records or not _plain([value for _, value in chosen], times):
        return None
    tree: _Tree = {}
    numbers = [_plant(tree, parse_path(value.path), leaf=float | None) for _, value in chosen]
    moments = [_plant(tree, parse_path(path), leaf=object) for path in times]
    if None in numbers or None in moments:
        return None
    names = cast("list[str]", numbers)
    moment = [attrgetter(cast("str", name)) for name in moments] + [_nothing] * 2
    return TypedPayload(
        msgspec.json.Decoder(_struct(tree)).decode,
        attrgetter(*names) if len(names) > 1 else _single(names[0]),
        moment[0],
        moment[1],
        np.array([at for at, _ in chosen], np.int64),
        len(device.values),
        tuple(value for _, value in chosen),
        tuple(Linear.of(value) for _, value in chosen),
    )


def _plain(values: Sequence[JsonValue], times: Sequence[str]) -> bool:
    paths = [parse_path(text) for text in (*(value.path for value in values), *times)]
    steps = [step for path in paths for step in path]
    whole = any(not path for path in paths)
    return bool(values) and not whole and not any(value.text for value in values) and all(map(_key, steps))


def _key(step: Step) -> bool:
    return isinstance(step, str) and not step.isdecimal()


def _plant(tree: _Tree, path: Sequence[Step], leaf: object) -> str | None:
    """The attribute at which the path will stand; None where another path ends on the way."""
    names = []
    for step in path[:-1]:
        name, below = tree.setdefault(cast("str", step), (f"f{len(tree)}", {}))
        if not isinstance(below, dict):
            return None
        names.append(name)
        tree = below
    name, standing = tree.setdefault(cast("str", path[-1]), (f"f{len(tree)}", leaf))
    return ".".join([*names, name]) if standing is leaf or standing == leaf else None


def _struct(tree: _Tree) -> type[msgspec.Struct]:
    fields = [_field(name, below) for name, below in tree.values()]
    rename = {name: key for key, (name, _) in tree.items()}
    return msgspec.defstruct("Payload", fields, rename=rename, frozen=True, gc=False)


def _field(name: str, below: object) -> tuple[str, Any, Any]:
    if isinstance(below, dict):
        kind = _struct(below)
        return name, kind, kind()
    return name, below, None


def _single(name: str) -> Callable[[Any], tuple[float | None, ...]]:
    getter = attrgetter(name)
    return lambda document: (getter(document),)


def _nothing(_document: object) -> None:
    return None
