"""What a site says of BACnet/IP devices that are read from one network interface."""

import re
from ipaddress import IPv4Address
from typing import ClassVar, Literal

from pydantic import Field

from ingest.kinds import Source

_ADDRESS = re.compile(r"(?P<host>[\d.]+)(:(?P<port>\d{1,5}))?")


class BacnetSource(Source):
    protocol = "BACnet/IP"
    heeds: ClassVar[frozenset[str]] = frozenset({"poll_s"})
    kind: Literal["bacnet"]
    interface: IPv4Address
    """This machine's own address on the network of the devices."""
    port: int = Field(0, ge=0, le=65535)
    """From which to ask; 0: any that is free."""
    poll_s: float = Field(60.0, gt=0)
    timeout_s: float = Field(3.0, gt=0)
    retries: int = Field(1, ge=0)

    @property
    def place(self) -> str:
        return f"from {self.interface}"

    @property
    def expected_s(self) -> float:
        return self.poll_s

    def misfit(self, address: str | int | None) -> str | None:
        match = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
        if match is not None and _is_ip(match["host"]) and int(match["port"] or 1) in range(1, 65536):
            return None
        return f"a BACnet/IP device is at an address such as 192.0.2.40 or 192.0.2.40:47809 (got {address!r})"


def _is_ip(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
