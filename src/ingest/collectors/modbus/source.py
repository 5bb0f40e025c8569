"""What a site says of a Modbus gateway or serial line."""

from enum import StrEnum
from typing import Literal, Self, TypeGuard

from pydantic import Field, model_validator

from ingest.collectors.half_duplex.source import LineSource, Parity

_UNITS = range(256)


class Framing(StrEnum):
    TCP = "tcp"
    RTU = "rtu"
    """As on the serial line; over TCP it needs a gateway that passes the bytes on as they are."""


class ModbusSource(LineSource):
    protocol = "Modbus"
    kind: Literal["modbus"]
    port: int | None = Field(502, ge=1, le=65535)
    framing: Framing = Framing.TCP
    baudrate: int = Field(9600, gt=0)
    parity: Parity = Parity.NONE
    poll_s: float = Field(5.0, gt=0)
    timeout_s: float = Field(1.0, gt=0)
    pause_s: float = Field(0.0, ge=0)
    in_flight: int = Field(1, ge=1, le=64)
    """Requests under way at once, where the gateway keeps them apart."""

    @property
    def is_rtu(self) -> bool:
        return self.framing is Framing.RTU or self.serial is not None

    @property
    def lanes(self) -> int:
        return 1 if self.is_rtu else self.in_flight

    @property
    def whereabouts(self) -> tuple[object, ...]:
        """Sources of which this is the same share one connection."""
        if self.serial is None:
            return self.host, self.port, self.framing
        return self.serial, self.baudrate, self.parity, self.stop_bits

    def misfit(self, address: str | int | None) -> str | None:
        return None if is_unit(address) else f"a Modbus unit id is a number from 0 to 255 (got {address!r})"

    @model_validator(mode="after")
    def _one_by_one_on_rtu(self) -> Self:
        if self.is_rtu and self.in_flight > 1:
            raise ValueError(f"RTU carries one request at a time, in_flight cannot be {self.in_flight}")
        return self


def is_unit(address: str | int | None) -> TypeGuard[int]:
    return isinstance(address, int) and address in _UNITS
