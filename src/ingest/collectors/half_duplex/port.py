"""The bytes of a line: what has arrived, and a way to send."""

import asyncio
from collections.abc import Callable
from typing import TypeVar, cast

from pymodbus.transport.serialtransport import create_serial_connection

from ingest.collectors.half_duplex.source import LineSource
from ingest.errors import LineDown
from ingest.unreached import unreached

_DATA_BITS = 8
_KEPT = 4_096
"""Bytes, of a line that talks unasked: more than any answer."""
_TURNS = 2
"""Of the loop, until the library has attached a port to it and told the protocol."""
P = TypeVar("P", bound=asyncio.BaseProtocol)


class Inbox(asyncio.Protocol):
    """Keeps the newest of what arrives until it is taken."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.lost = False
        self._arrival = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        del self.buffer[:-_KEPT]
        self._arrival.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio calls it so
        self.lost = True
        self._arrival.set()

    async def more(self) -> None:
        """Returns when something has arrived, or the connection is lost."""
        self._arrival.clear()
        if not self.lost:
            await self._arrival.wait()


async def connect(source: LineSource) -> tuple[asyncio.WriteTransport, Inbox]:
    """Raises LineDown."""
    return await attach(source, Inbox)


async def attach(source: LineSource, protocol: Callable[[], P]) -> tuple[asyncio.WriteTransport, P]:
    """A line whose bytes go to `protocol`. Raises LineDown."""
    try:
        async with asyncio.timeout(source.timeout_s):
            return await (
                _over_tcp(*source.gateway, protocol) if source.gateway else _over_serial(source, protocol)
            )
    except Exception as error:  # a serial port's driver raises errors of several families
        raise LineDown(f"no connection to {source.place}: {unreached(error)}") from error


async def _over_tcp(host: str, port: int, protocol: Callable[[], P]) -> tuple[asyncio.WriteTransport, P]:
    return await asyncio.get_running_loop().create_connection(protocol, host, port)


async def _over_serial(source: LineSource, protocol: Callable[[], P]) -> tuple[asyncio.WriteTransport, P]:
    transport, attached = await create_serial_connection(
        asyncio.get_running_loop(),
        protocol,
        source.serial,
        baudrate=source.baudrate,
        bytesize=_DATA_BITS,
        parity=source.parity[0].upper(),
        stopbits=source.stop_bits,
    )
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    return cast("asyncio.WriteTransport", transport), cast("P", attached)
