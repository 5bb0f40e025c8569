"""What a site says of a line: a serial port of this machine, or a gateway that carries its bytes over TCP."""

from enum import StrEnum
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from ingest.kinds import Source
from ingest.pace import Pace, Timing


class Parity(StrEnum):
    NONE = "none"
    EVEN = "even"
    ODD = "odd"


class LineSource(Source):
    heeds: ClassVar[frozenset[str]] = frozenset(Pace.model_fields)
    host: str | None = None
    """Of the gateway."""
    port: int | None = Field(None, ge=1, le=65535)
    serial: str | None = None
    """A serial port, such as /dev/ttyUSB0."""
    baudrate: int = Field(2400, gt=0)
    parity: Parity = Parity.EVEN
    stop_bits: Literal[1, 2] = 1
    poll_s: float = Field(60.0, gt=0)
    timeout_s: float = Field(2.0, gt=0)
    """From the question to the end of its answer."""
    retries: int = Field(1, ge=0)
    pause_s: float = Field(0.05, ge=0)
    """Silence before each question."""

    @property
    def expected_s(self) -> float:
        return self.poll_s

    @property
    def timing(self) -> Timing:
        return Timing(self.timeout_s, self.retries, self.pause_s)

    def paced(self, pace: Pace) -> Timing:
        own = Pace(timeout_s=self.timeout_s, retries=self.retries, pause_s=self.pause_s)
        merged = pace.within(own)
        return Timing(merged.timeout_s or self.timeout_s, merged.retries or 0, merged.pause_s or 0.0)

    @property
    def place(self) -> str:
        return str(self.serial) if self.gateway is None else f"{self.host}:{self.port}"

    @property
    def gateway(self) -> tuple[str, int] | None:
        return None if self.host is None or self.port is None else (self.host, self.port)

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.serial is None) == (self.host is None):
            raise ValueError("either serial (a port of this machine) or host and port (a gateway) is needed")
        if self.host is not None and self.port is None:
            raise ValueError(f"the gateway {self.host} needs its port")
        return self
