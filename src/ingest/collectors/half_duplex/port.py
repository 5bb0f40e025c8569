"""The bytes of a line: what has arrived, and a way to send."""

import asyncio

from pymodbus.transport.serialtransport import create_serial_connection

from ingest.collectors.half_duplex.source import LineSource
from ingest.errors import LineDown

_DATA_BITS = 8


class Inbox(asyncio.Protocol):
    """Keeps what arrives until it is taken."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.lost = False
        self._arrival = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self._arrival.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio calls it so
        self.lost = True
        self._arrival.set()

    async def more(self) -> None:
        """Returns when something has arrived, or the connection is lost."""
        self._arrival.clear()
        if not self.lost:
            await self._arrival.wait()


def name(source: LineSource) -> str:
    return f"{source.host}:{source.port}" if source.gateway else str(source.serial)


async def connect(source: LineSource) -> tuple[asyncio.WriteTransport, Inbox]:
    """Raises LineDown."""
    try:
        async with asyncio.timeout(source.timeout_s):
            return await (_over_tcp(*source.gateway) if source.gateway else _over_serial(source))
    except Exception as error:  # a serial port's driver raises errors of several families
        raise LineDown(f"no connection to {name(source)}: {str(error) or 'no answer'}") from error


async def _over_tcp(host: str, port: int) -> tuple[asyncio.WriteTransport, Inbox]:
    return await asyncio.get_running_loop().create_connection(Inbox, host, port)


async def _over_serial(source: LineSource) -> tuple[asyncio.WriteTransport, Inbox]:
    inbox = Inbox()
    transport, _ = await create_serial_connection(
        asyncio.get_running_loop(),
        lambda: inbox,
        source.serial,
        baudrate=source.baudrate,
        bytesize=_DATA_BITS,
        parity=source.parity[0].upper(),
        stopbits=source.stop_bits,
    )
    await asyncio.sleep(0)  # the library attaches the port to the loop with its next turn
    return transport, inbox
