"""The BACnet/IP client. The only module that needs the library."""

import logging
import socket
from collections.abc import Mapping, Sequence

from bacpypes3.apdu import ErrorRejectAbortNack
from bacpypes3.basetypes import ErrorType, PropertyIdentifier, StatusFlags
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import IPv4Address
from bacpypes3.primitivedata import Enumerated, ObjectIdentifier

from ingest.collectors.bacnet.source import BacnetSource
from ingest.errors import LineDown, UnitRefuses, UnitSilent

logging.getLogger("bacpypes3").setLevel(logging.CRITICAL)  # health records and logs each failure once

_UNCONFIGURED = 4_194_303
_FLAGS = ("in-alarm", "fault", "overridden", "out-of-service")
_SILENT = "no-response"


class Reader(NormalApplication):  # type: ignore[misc]  # the library is untyped
    """Asks and answers nobody."""

    async def indication(self, apdu: object) -> None:
        """Whatever is asked of this machine stays unanswered: it is no device."""


class Client:
    """One UDP port from which devices are asked, one at a time; opens when asked."""

    def __init__(self, source: BacnetSource) -> None:
        self._source = source
        self._application: Reader | None = None

    async def read(self, address: str, objects: Mapping[str, Sequence[str]]) -> dict[str, dict[str, object]]:
        """The properties of each object. Raises LineDown, UnitSilent, UnitRefuses."""
        application, device = self._open(), IPv4Address(address)
        asked: list[object] = []
        for name, properties in objects.items():
            asked += [ObjectIdentifier(name), [PropertyIdentifier(one) for one in properties]]
        try:
            answer = await application.read_property_multiple(device, asked)
        except ErrorRejectAbortNack as error:
            failure = _failure(error)
            if isinstance(failure, UnitSilent):
                raise failure from None
            return await self._one_by_one(device, objects)
        found: dict[str, dict[str, object]] = {name: {} for name in objects}
        for name, one, _index, value in answer:
            found[str(name)][str(one)] = _plain(value)
        return found

    async def _one_by_one(
        self, device: IPv4Address, objects: Mapping[str, Sequence[str]]
    ) -> dict[str, dict[str, object]]:
        """For devices that do not know ReadPropertyMultiple, or cannot put so much into one answer."""
        found: dict[str, dict[str, object]] = {}
        for name, properties in objects.items():
            found[name] = {one: await self._one(device, name, one) for one in properties}
        return found

    async def _one(self, device: IPv4Address, name: str, one: str) -> object:
        try:
            return _plain(
                await self._open().read_property(device, ObjectIdentifier(name), PropertyIdentifier(one))
            )
        except ErrorRejectAbortNack as error:
            failure = _failure(error)
            if isinstance(failure, UnitSilent):
                raise failure from None
            return f"error {failure}"

    def close(self) -> None:
        if self._application is not None:
            self._application.close()
            self._application = None

    def _open(self) -> Reader:
        if self._application is None:
            here = _free_port(self._source)
            device = DeviceObject(
                objectIdentifier=("device", _UNCONFIGURED),
                objectName="ParkWatt",
                vendorIdentifier=0,
                apduTimeout=round(1000 * self._source.timeout_s),
                numberOfApduRetries=self._source.retries,
            )
            self._application = Reader(device, IPv4Address(here))
        return self._application


def _free_port(source: BacnetSource) -> tuple[str, int]:
    """The library tries in silence for ever where a port is not to be had. Raises LineDown."""
    here = (str(source.interface), source.port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(here)
        except OSError as error:
            raise LineDown(f"no UDP port {here[0]}:{here[1]} on this machine: {error}") from error
        host, port = probe.getsockname()
    return host, port


def _failure(error: ErrorRejectAbortNack) -> UnitSilent | UnitRefuses:
    reason = str(error) or type(error).__name__
    return UnitSilent("no answer") if reason == _SILENT else UnitRefuses(reason)


def _plain(value: object) -> object:
    if isinstance(value, ErrorType):
        return f"error {value.errorCode}"
    if isinstance(value, StatusFlags):
        return [name for name, is_set in zip(_FLAGS, value, strict=True) if is_set]
    if isinstance(value, Enumerated) or not isinstance(value, int | float):
        return _scale(value)
    return float(value) if isinstance(value, float) else int(value)


def _scale(value: object) -> object:
    """Of an accumulator: a number or a power of ten."""
    floating, power = getattr(value, "floatScale", None), getattr(value, "integerScale", None)
    if floating is not None:
        return float(floating)
    return 10.0 ** int(power) if power is not None else str(value)
