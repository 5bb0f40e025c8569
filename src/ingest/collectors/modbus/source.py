"""What a site says of a Modbus gateway."""

from typing import Literal, TypeGuard

from pydantic import Field

from ingest.kinds import Source

_UNITS = range(256)


class ModbusSource(Source):
    kind: Literal["modbus"]
    host: str
    port: int = Field(502, ge=1, le=65535)
    poll_s: float = Field(5.0, gt=0)
    timeout_s: float = Field(1.0, gt=0)
    retries: int = Field(1, ge=0)
    pause_s: float = Field(0.0, ge=0)

    @property
    def expected_s(self) -> float:
        return self.poll_s

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def misfit(self, address: str | int | None) -> str | None:
        return None if is_unit(address) else f"a Modbus unit id is a number from 0 to 255 (got {address!r})"


def is_unit(address: str | int | None) -> TypeGuard[int]:
    return isinstance(address, int) and address in _UNITS
