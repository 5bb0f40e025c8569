"""Sparkplug B's payload: the fields of its specification, decoded by protobuf.

Numbers and meanings: Eclipse Sparkplug specification 3.0.0, chapter 6,
https://sparkplug.eclipse.org/specification/version/3.0/documents/sparkplug-specification-3.0.0.pdf
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from ingest.errors import PayloadError

_PACKAGE = "parkwatt.sparkplug"
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64,
    "float": _Field.TYPE_FLOAT,
    "double": _Field.TYPE_DOUBLE,
    "bool": _Field.TYPE_BOOL,
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
}
_MESSAGES: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "Payload": {
        "timestamp": (1, "uint64"),
        "metrics": (2, "repeated Metric"),
        "seq": (3, "uint64"),
        "uuid": (4, "string"),
    },
    "Metric": {
        "name": (1, "string"),
        "alias": (2, "uint64"),
        "timestamp": (3, "uint64"),
        "datatype": (4, "uint32"),
        "is_historical": (5, "bool"),
        "is_null": (7, "bool"),
        "properties": (9, "PropertySet"),
        "int_value": (10, "uint32"),
        "long_value": (11, "uint64"),
        "float_value": (12, "float"),
        "double_value": (13, "double"),
        "boolean_value": (14, "bool"),
        "string_value": (15, "string"),
        "dataset_value": (17, "bytes"),
        "template_value": (18, "bytes"),
    },
    "PropertySet": {"keys": (1, "repeated string"), "values": (2, "repeated PropertyValue")},
    "PropertyValue": {"int_value": (3, "uint32"), "long_value": (4, "uint64"), "string_value": (8, "string")},
}
_COMPRESSED = "SPBV1.0_COMPRESSED"
_GOOD = 192
_UNITS = ("engUnit", "Engineering Units", "unit")
_INSTRUCTION_TYPE = 11
_VALUES = ("int_value", "long_value", "float_value", "double_value", "boolean_value", "string_value")
_STRUCTURES = ("dataset_value", "template_value")


class _Bits(IntEnum):
    """Signed types travel as unsigned words of so many bits."""

    INT8 = 8
    INT16 = 16
    INT32 = 32
    INT64 = 64


_SIGNED = {1: _Bits.INT8, 2: _Bits.INT16, 3: _Bits.INT32, 4: _Bits.INT64}


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    """Empty where the alias alone tells it."""
    alias: int | None
    time_ms: int | None
    datatype: int
    """0: as at birth."""
    historical: bool
    value: float | bool | str | None
    """As it travels: `signed` makes a number of it. None: null, of bad quality, or a structure."""
    structure: bool
    """A data set or a template, which hold no single number."""
    unit: str
    """As the device names it."""


@dataclass(frozen=True, slots=True)
class Payload:
    time_ms: int | None
    seq: int | None
    metrics: tuple[Metric, ...]


def decode(content: bytes) -> Payload:
    """Raises PayloadError."""
    message = _PAYLOAD()
    try:
        message.ParseFromString(content)
    except DecodeError as error:
        raise PayloadError("", content[:40].hex(), "not a Sparkplug B payload") from error
    if message.uuid == _COMPRESSED:
        raise PayloadError("uuid", message.uuid, "compressed payloads are not read; switch compression off")
    return Payload(
        message.timestamp if message.HasField("timestamp") else None,
        message.seq if message.HasField("seq") else None,
        tuple(map(_metric, message.metrics)),
    )


def rebirth(time_ms: int) -> bytes:
    """The one command that ParkWatt ever sends: announce yourself again."""
    message = _PAYLOAD(timestamp=time_ms)
    message.metrics.add(
        name="Node Control/Rebirth", timestamp=time_ms, datatype=_INSTRUCTION_TYPE, boolean_value=True
    )
    encoded: bytes = message.SerializeToString()
    return encoded


def signed(value: object, datatype: int) -> object:
    """The number that an integer of a signed type stands for; anything else as it is."""
    bits = _SIGNED.get(datatype)
    if bits is None or isinstance(value, bool) or not isinstance(value, int):
        return value
    word = value & (1 << bits) - 1
    return word - (1 << bits) if word >> (bits - 1) else word


def _metric(message: Any) -> Metric:  # noqa: ANN401  # protobuf makes the class while running
    properties = _properties(message.properties)
    good = properties.get("Quality", _GOOD) == _GOOD
    held = next((name for name in _VALUES if message.HasField(name)), None)
    return Metric(
        message.name,
        message.alias if message.HasField("alias") else None,
        message.timestamp if message.HasField("timestamp") else None,
        message.datatype,
        message.is_historical,
        getattr(message, held) if held and good and not message.is_null else None,
        any(message.HasField(name) for name in _STRUCTURES),
        next((str(properties[key]) for key in _UNITS if key in properties), ""),
    )


def _properties(message: Any) -> dict[str, object]:  # noqa: ANN401  # as above
    return {key: _property(value) for key, value in zip(message.keys, message.values, strict=False)}


def _property(message: Any) -> object:  # noqa: ANN401  # as above
    held = next(
        (name for name in ("int_value", "long_value", "string_value") if message.HasField(name)), None
    )
    return getattr(message, held) if held else None


def _payload_class() -> Any:  # noqa: ANN401  # as above
    file = descriptor_pb2.FileDescriptorProto(
        name="parkwatt/sparkplug.proto", package=_PACKAGE, syntax="proto2"
    )
    for name, fields in _MESSAGES.items():
        file.message_type.add(name=name).field.extend(_fields(fields))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


def _fields(declared: Mapping[str, tuple[int, str]]) -> Iterable[Any]:
    for name, (number, kind) in declared.items():
        repeated, _, plain = kind.rpartition(" ")
        field = _Field(name=name, number=number)
        field.label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
        if plain in _SCALARS:
            field.type = _SCALARS[plain]
        else:
            field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{plain}"
        yield field


_PAYLOAD = _payload_class()
