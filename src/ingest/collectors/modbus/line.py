"""One connection to a Modbus TCP gateway, on which one request at a time is asked."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import NoReturn

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ModbusPDU

from ingest.device import Table
from ingest.errors import LineDown, UnitRefuses, UnitSilent
from ingest.plan import Span

logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # health records and logs each failure once

_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledged, not ready",
    6: "busy",
    8: "memory parity error",
}
_BEHIND_GATEWAY = {10: "the gateway has no path to it", 11: "it did not answer the gateway"}


_STRIKES = 2


class Line:
    """Connects when asked.

    A late reply carries the number of its own request and is passed over. Half of one cannot be told from
    the next reply: with such a half in its buffer, or after two failures in a row, the connection is dropped.
    """

    def __init__(self, host: str, port: int, timeout_s: float, pause_s: float) -> None:
        self.latency = 0.0
        """Of the last request [s]."""
        self._address = (host, port)
        self._timeout_s = timeout_s
        self._pause_s = pause_s
        self._client: AsyncModbusTcpClient | None = None
        self._asking = False
        self._strikes = 0

    async def read(self, unit: int, span: Span) -> Sequence[int]:
        """The words (bits as 0 and 1) of a span.

        Raises LineDown without a connection, UnitSilent without a usable answer, UnitRefuses with the
        device's reason.
        """
        client = await self._connected()
        if self._pause_s:
            await asyncio.sleep(self._pause_s)
        begun = monotonic()
        response = await self._ask(client, unit, span)
        self.latency = monotonic() - begun
        return self._content(client, response, span)

    def close(self) -> None:
        self._strikes = 0
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _connected(self) -> AsyncModbusTcpClient:
        if self._client is not None and self._sound(self._client):
            return self._client
        self.close()
        host, port = self._address
        self._client = AsyncModbusTcpClient(
            host,
            port=port,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_connect=self._connection_changed,
        )
        if not await self._client.connect():
            self.close()
            raise LineDown(f"no connection to {host}:{port}")
        return self._client

    def _sound(self, client: AsyncModbusTcpClient) -> bool:
        return client.connected and self._strikes < _STRIKES and not client.ctx.recv_buffer

    async def _ask(self, client: AsyncModbusTcpClient, unit: int, span: Span) -> ModbusPDU:
        self._asking = True
        try:
            response = await _reader(client, span.table)(span.start, count=span.count, device_id=unit)
            _heed_cancellation()
        except ConnectionException as error:
            self._give_up("the connection was lost", error)
        except ModbusException as error:
            self._give_up(f"no answer within {self._timeout_s:g} s", error)
        except asyncio.CancelledError:
            self.close()
            raise
        else:
            return response
        finally:
            self._asking = False

    def _content(self, client: AsyncModbusTcpClient, response: ModbusPDU, span: Span) -> Sequence[int]:
        if response.transaction_id != client.ctx.next_tid:
            self._give_up("the answer belongs to another request")
        if response.isError():
            self._strikes = 0
            _refuse(response.exception_code)
        words = response.bits[: span.count] if span.table.holds_bits else response.registers
        if response.function_code != span.table.function_code or len(words) != span.count:
            self._give_up("the answer has another form than was asked for")
        self._strikes = 0
        return words

    def _give_up(self, reason: str, cause: Exception | None = None) -> NoReturn:
        self._strikes += 1
        raise UnitSilent(reason) from cause

    def _connection_changed(self, connected: bool) -> None:  # noqa: FBT001  # pymodbus calls it so
        """Whoever waits for an answer hears of a lost connection at once and not after the timeout."""
        if self._client is None or connected or not self._asking:
            return
        answer = self._client.ctx.response_future
        if not answer.done():
            answer.set_exception(ConnectionException("connection lost"))


def _refuse(code: int) -> NoReturn:
    if code in _BEHIND_GATEWAY:
        raise UnitSilent(_BEHIND_GATEWAY[code])
    raise UnitRefuses(_EXCEPTIONS.get(code, f"exception {code}"))


def _heed_cancellation() -> None:
    """Before Python 3.12 the library's `wait_for` loses a cancellation that comes with the answer."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def _reader(client: AsyncModbusTcpClient, table: Table) -> Callable[..., Awaitable[ModbusPDU]]:
    return {
        Table.COIL: client.read_coils,
        Table.DISCRETE: client.read_discrete_inputs,
        Table.HOLDING: client.read_holding_registers,
        Table.INPUT: client.read_input_registers,
    }[table]
