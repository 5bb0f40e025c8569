"""How a JSON payload becomes the values of one reading."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.decode import Linear, scaled
from ingest.errors import PayloadError
from ingest.json_device import JsonDevice, JsonValue, Records, TimeForm, place
from ingest.json_path import ABSENT, Path, Step, follow, parse_path, step_into
from ingest.moment import TimeReader
from ingest.typed_payload import typed
from ingest.unmapped import unmapped


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    time_us: int
    values: NDArray[np.float64]
    """float64[k] by the template's quantities; NaN = not there."""
    complaints: tuple[PayloadError, ...]
    """What could not be read beside what could."""
    record: object = None
    """What of a gateway's message it was read from."""


Beside = tuple[int, dict[str, float]]
"""When it was read [us since 1970], and numbers by their place."""


@dataclass(slots=True)
class _Branch:
    """The template's paths as a tree: what no payload holds is looked for once."""

    children: dict[Step, "_Branch"] = field(default_factory=dict)
    leaves: list[tuple[int, JsonValue, Linear]] = field(default_factory=list)


class PayloadReader:
    """Reads the payloads of one device template, or those of one of its channels."""

    def __init__(self, device: JsonDevice, zone: str | None = None, channel: str | None = None) -> None:
        """`zone` is that of times which carry none, where the template says nothing of it."""
        self.quantities = device.quantities
        self.dated = device.time.form is not TimeForm.NONE
        """The payloads say when they were read."""
        self.partial = channel is not None and not self.dated
        """They hold a part of what belongs together, and do not say when it was read."""
        self.records = device.records
        self._time = TimeReader(device.time, zone)
        self._time_path = parse_path(device.time.path)
        self._zone_path = parse_path(device.time.zone_path)
        self._tree = _Branch()
        for column, value in enumerate(device.values):
            if value.channel == channel:
                self._plant(column, value)
        self._typed = typed(device, channel)
        named = [value.path for value in device.values if value.channel == channel]
        self._wanted = next(filter(None, named), "")
        around = (device.time.path, device.time.zone_path, device.records.name if device.records else "")
        self._mapped = [parse_path(text) for text in (*named, *filter(None, around))]
        self._channel = channel

    def read(self, payload: bytes, now: float) -> Reading:
        """`now` [s since 1970] dates payloads without a time. Raises PayloadError when nothing is usable."""
        return self._reading(_parse(payload), None, payload, now)

    def read_many(self, payloads: Sequence[bytes], now: Sequence[float]) -> list[Reading | PayloadError]:
        """As `read` of each in turn, and quicker for those that hold what the template says."""
        quick = self._typed.read(payloads) if self._typed else {}
        return [
            self._dated(quick[at], at_s) if at in quick else self._attempt(payload, at_s)
            for at, (payload, at_s) in enumerate(zip(payloads, now, strict=True))
        ]

    def read_records(self, payload: bytes, now: float) -> Iterator[tuple[str, Reading | PayloadError]]:
        """Each meter of a gateway's message by its name. Raises PayloadError when there are none."""
        if self.records is None:
            return
        document = _parse(payload)
        for name, record in _named(document, self.records, payload):
            try:
                reading = self._reading(record, document, msgspec.json.encode(record), now)
            except PayloadError as error:
                yield name, error
            else:
                yield name, replace(reading, record=record)

    def whole(self, payload: bytes, now: float, channel: str | None = None) -> Beside:
        """All that is in it, of a device that may be like the template's. Raises PayloadError."""
        document = _parse(payload)
        return self._time_of(document, document, now), self._whole_of(document, channel)

    def whole_records(self, payload: bytes, now: float) -> Iterator[tuple[str, Beside]]:
        """The same of each meter of a gateway's message, by its name; none where there are none."""
        with suppress(PayloadError):
            document = _parse(payload)
            for name, record in _named(document, self.records, payload) if self.records else ():
                yield name, (self._time_of(record, document, now), self._whole_of(record, None))

    def _whole_of(self, document: object, channel: str | None) -> dict[str, float]:
        return {place(channel, path): n for path, n in unmapped(document, (), self._mapped).items()}

    def unmapped(self, payload: bytes, now: float, channel: str | None = None) -> Beside:
        """What it holds beside what the template mentions; `channel` is one that it does not mention at all.

        Raises PayloadError where it is not sound JSON, which the quick way does not see.
        """
        document = _parse(payload)
        return self._time_of(document, document, now), self.unmapped_of(document, channel)

    def unmapped_of(self, document: object, channel: str | None = None) -> dict[str, float]:
        """The same of one that is parsed already, or of one of its records, without the time."""
        found = unmapped(document, self._mapped)
        return {place(channel or self._channel, path): number for path, number in found.items()}

    def _attempt(self, payload: bytes, now: float) -> Reading | PayloadError:
        try:
            return self.read(payload, now)
        except PayloadError as error:
            return error

    def _dated(self, quick: tuple[NDArray[np.float64], object, object], now: float) -> Reading | PayloadError:
        values, moment, zone = quick
        try:
            return Reading(self._time.read(moment, now, zone), values, ())
        except PayloadError as error:
            return error

    def _reading(self, document: object, around: object, payload: bytes, now: float) -> Reading:
        """`around` is the message of which the document is a record."""
        time_us = self._time_of(document, around, now)
        values = np.full(len(self.quantities), np.nan)
        complaints = tuple(self._collect(document, self._tree, values))
        if np.isnan(values).all():
            such = f"holds none of the values, such as {self._wanted}"
            reason = such if self._wanted else "holds none of the values"
            raise complaints[0] if complaints else PayloadError("", _shown(payload), reason)
        return Reading(time_us, values, complaints)

    def _time_of(self, document: object, around: object, now: float) -> int:
        moment = _either(document, around, self._time_path)
        zone = _either(document, around, self._zone_path) if self._zone_path else None
        return self._time.read(moment, now, zone)

    def _plant(self, column: int, value: JsonValue) -> None:
        branch = self._tree
        for step in parse_path(value.path):
            branch = branch.children.setdefault(step, _Branch())
        branch.leaves.append((column, value, Linear.of(value)))

    def _collect(self, node: object, branch: _Branch, values: NDArray[np.float64]) -> Iterator[PayloadError]:
        for column, value, linear in branch.leaves:
            try:
                values[column] = _number(node, value, linear)
            except PayloadError as error:
                yield error
        for step, child in branch.children.items():
            found = step_into(node, step)
            if found is not ABSENT:
                yield from self._collect(found, child, values)


def _named(document: object, records: Records, payload: bytes) -> Iterator[tuple[str, object]]:
    """The meters of a gateway's message. Raises PayloadError when there are none."""
    found = follow(document, parse_path(records.path))
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list):
        raise PayloadError(records.path, _shown(payload), "no array of meters stands here")
    name_path = parse_path(records.name)
    for record in found:
        yield str(follow(record, name_path)), record


def whole(payload: bytes, now: float, channel: str | None) -> Beside:
    """All that is in it, where no template says when it was read. Raises PayloadError."""
    return round(now * 1e6), {place(channel, path): n for path, n in unmapped(_parse(payload), ()).items()}


def _number(node: object, value: JsonValue, linear: Linear) -> float:
    if node is None:
        return np.nan
    if value.text and isinstance(node, str):
        node = _quoted(node, value)
    return scaled(node, value.path, value, linear, value.missing)


def _quoted(text: str, value: JsonValue) -> float | None:
    """An empty text holds no number. Raises PayloadError."""
    try:
        return float(text) if text.strip() else None
    except ValueError as error:
        raise PayloadError(value.path, text, f"{value.quantity} is a number in quotes") from error


def _parse(payload: bytes) -> object:
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError("", _shown(payload), f"not JSON: {error}") from error


def _shown(payload: bytes) -> str:
    return payload[:200].decode(errors="replace")


def _either(document: object, around: object, path: Path) -> object:
    found = follow(document, path)
    found = follow(around, path) if found is ABSENT else found
    return None if found is ABSENT else found
