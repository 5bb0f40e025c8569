"""Modbus RTU: over a gateway that passes bytes on, and over a serial port."""

import asyncio
import os
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from listening import listening
from pymodbus.framer.rtu import FramerRTU
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ingest.collectors.modbus import Line, ModbusSource, rtu
from ingest.device import Table
from ingest.errors import LineDown, UnitRefuses, UnitSilent
from ingest.plan import Span

pytestmark = pytest.mark.usefixtures("patience")
A, B, C = Span(Table.HOLDING, 10, 2), Span(Table.HOLDING, 100, 2), Span(Table.HOLDING, 10, 4)
D = Span(Table.HOLDING, 200, 2)


def sealed(content: bytes) -> bytes:
    """By a table of our own: the polynomial of Modbus over serial line 1.02, 6.2.2."""
    crc = 0xFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return content + struct.pack("<H", crc)


def shows_addresses(request: bytes) -> bytes:
    """Each register shows its own address."""
    unit, code, start, count = struct.unpack(">BBHH", request[:6])
    words = struct.pack(f">{count}H", *range(start, start + count))
    return sealed(bytes([unit, code, len(words)]) + words)


@dataclass
class Bus:
    """A transparent gateway: what `answers` gives for a request is sent after its delays."""

    answers: Callable[[bytes], list[tuple[float, bytes]]] = lambda request: [(0.0, shows_addresses(request))]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while request := await reader.readexactly(8):
            assert sealed(request[:6]) == request
            self.requests.append(request)
            for delay, answer in self.answers(request):
                asyncio.get_running_loop().call_later(delay, writer.write, answer)


def against(bus: Bus, scenario: Callable[[Line], Awaitable[None]], **options: Any) -> None:
    async def both() -> None:
        async with listening(bus.serve) as bus.port:
            source = ModbusSource(
                kind="modbus",
                code="bus",
                framing="rtu",
                host="127.0.0.1",
                port=bus.port,
                **{"timeout_s": 0.2, **options},
            )
            line = Line(source)
            await scenario(line)
            line.close()

    asyncio.run(both())


def test_words_and_bits() -> None:
    bus = Bus()

    async def scenario(line: Line) -> None:
        assert list(await line.read(7, C)) == [10, 11, 12, 13]
        bus.answers = lambda _: [(0.0, sealed(bytes([7, 1, 2, 0b0000_0101, 0b1])))]
        assert list(await line.read(7, Span(Table.COIL, 3, 9))) == [1, 0, 1, 0, 0, 0, 0, 0, 1]

    against(bus, scenario)
    assert bus.requests[0] == sealed(bytes.fromhex("07 03 000a 0004"))


def test_pieces_of_an_answer_are_put_together() -> None:
    bus = Bus(lambda request: [(n / 500, bytes([b])) for n, b in enumerate(shows_addresses(request))])

    async def scenario(line: Line) -> None:
        assert list(await line.read(7, A)) == [10, 11]

    against(bus, scenario, timeout_s=2.0)


def test_a_late_answer_is_not_taken_for_that_of_another_register() -> None:
    """Same unit, same function, same length: only a question of another length tells them apart."""
    bus = Bus(lambda request: [(0.3, shows_addresses(request))])

    async def scenario(line: Line) -> None:
        with pytest.raises(UnitSilent, match=r"no answer within 0\.2 s"):
            await line.read(7, A)
        bus.answers = lambda request: [(0.15, shows_addresses(request))]
        assert list(await line.read(7, B)) == [100, 101]

    against(bus, scenario)
    assert [struct.unpack(">HH", request[2:6]) for request in bus.requests] == [(10, 2), (100, 3)]


def test_each_late_answer_is_awaited_that_was_asked_for() -> None:
    """The question was repeated, and both answers come: the second must not pass for that of a third."""
    bus = Bus(lambda _: [])

    async def scenario(line: Line) -> None:
        for _ in range(2):
            with pytest.raises(UnitSilent):
                await line.read(7, A)
        for other in (B, D):
            bus.answers = lambda request: [
                (0.0, shows_addresses(bus.requests[0])),
                (0.1, shows_addresses(request)),
            ]
            assert list(await line.read(7, other)) == [other.start, other.start + 1]

    against(bus, scenario)


def test_where_the_doubt_stays_the_answer_is_dropped() -> None:
    bus = Bus(lambda request: [(0.3, shows_addresses(request))])

    async def scenario(line: Line) -> None:
        with pytest.raises(UnitSilent):
            await line.read(7, A)
        bus.answers = lambda _: [(0.0, sealed(bytes([8, 0x83, 2])))]
        with pytest.raises(UnitSilent, match="only: 08 83"):
            await line.read(7, B)

    against(bus, scenario)


def test_a_late_answer_to_the_same_question_serves() -> None:
    bus = Bus(lambda request: [(0.3, shows_addresses(request))])

    async def scenario(line: Line) -> None:
        with pytest.raises(UnitSilent):
            await line.read(7, A)
        bus.answers = lambda _: []
        assert list(await line.read(7, A)) == [10, 11]

    against(bus, scenario)


def test_a_late_refusal_is_not_taken_for_the_next_ones() -> None:
    bus = Bus(lambda _: [(0.3, sealed(bytes([7, 0x83, 2])))])

    async def scenario(line: Line) -> None:
        with pytest.raises(UnitSilent):
            await line.read(7, A)
        bus.answers = lambda request: [(0.15, shows_addresses(request))]
        with pytest.raises(UnitSilent, match="a refusal came that may belong to an earlier request"):
            await line.read(7, C)

    against(bus, scenario)


@pytest.fixture
def short_lived(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question given up is old at once."""
    monkeypatch.setattr(rtu, "_LIFE", 0.0)
    monkeypatch.setattr(rtu, "_SHORTEST_LIFE_S", 0.0)


@pytest.mark.usefixtures("short_lived")
def test_an_answer_is_not_taken_for_the_next_one_however_late_it_is() -> None:
    bus = Bus(lambda _: [])

    async def scenario(line: Line) -> None:
        with pytest.raises(UnitSilent):
            await line.read(7, A)
        bus.answers = lambda request: [(0.0, shows_addresses(bus.requests[0]) + shows_addresses(request))]
        assert list(await line.read(7, B)) == [100, 101]

    against(bus, scenario)


@pytest.mark.usefixtures("short_lived")
def test_once_the_unit_has_passed_by_what_was_asked_long_before_nothing_is_asked_longer() -> None:
    bus = Bus(lambda _: [])

    async def scenario(line: Line) -> None:
        for unit in (7, 8):
            with pytest.raises(UnitSilent):
                await line.read(unit, A)
        bus.answers = lambda request: [(0.0, shows_addresses(request))]
        await line.read(7, C)
        for unit in (7, 8):
            assert list(await line.read(unit, B)) == [100, 101]

    against(bus, scenario)
    asked = [(request[0], *struct.unpack(">HH", request[2:6])) for request in bus.requests[-2:]]
    assert asked == [(7, 100, 2), (8, 100, 3)]


@pytest.mark.usefixtures("short_lived")
@pytest.mark.parametrize("count", [2, 125])
def test_a_unit_that_refuses_a_longer_read_is_asked_a_shorter_one_first(count: int) -> None:
    bus = Bus(lambda _: [])

    def limited(request: bytes) -> list[tuple[float, bytes]]:
        longest = struct.unpack(">H", request[4:6])[0] > count
        return [(0.0, sealed(bytes([7, 0x83, 2])) if longest else shows_addresses(request))]

    async def scenario(line: Line) -> None:
        with pytest.raises(UnitSilent):
            await line.read(7, Span(Table.HOLDING, 10, count))
        bus.answers = limited
        other = Span(Table.HOLDING, 300, count)
        assert list(await line.read(7, other)) == list(range(300, 300 + count))

    against(bus, scenario)
    assert [struct.unpack(">HH", request[2:6]) for request in bus.requests[-2:]] == [
        (300, count - 1),
        (300, count),
    ]


def test_another_units_late_answer_is_passed_over() -> None:
    bus = Bus(lambda request: [(0.25, shows_addresses(request))])

    async def scenario(line: Line) -> None:
        with pytest.raises(UnitSilent):
            await line.read(3, A)
        bus.answers = lambda request: [(0.15, shows_addresses(request))]
        assert list(await line.read(7, A)) == [10, 11]

    against(bus, scenario)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: answer[:-1] + bytes([answer[-1] ^ 1]),
        lambda answer: answer[:3] + bytes([answer[3] ^ 0x40]) + answer[4:],
        lambda answer: answer[:-3],
        lambda answer: b"\x00" + answer,
        lambda answer: sealed(b"\x08" + answer[1:-2]),
        lambda answer: sealed(answer[:1] + b"\x04" + answer[2:-2]),
        lambda answer: sealed(answer[:2] + b"\x02" + answer[3:5]),
    ],
    ids=["CRC", "a bit", "cut", "noise before", "another unit", "another function", "another length"],
)
def test_what_is_not_the_answer_is_dropped(spoil: Callable[[bytes], bytes]) -> None:
    bus = Bus(lambda request: [(0.0, spoil(shows_addresses(request)))])

    async def scenario(line: Line) -> None:
        with pytest.raises(UnitSilent, match=r"no answer within 0\.2 s, only"):
            await line.read(7, A)
        bus.answers = lambda request: [(0.0, shows_addresses(request))]
        assert list(await line.read(7, A)) == [10, 11]

    against(bus, scenario)


def test_an_answer_sent_twice_counts_once() -> None:
    bus = Bus(lambda request: [(0.0, 2 * shows_addresses(request))])

    async def scenario(line: Line) -> None:
        assert list(await line.read(7, A)) == [10, 11]
        assert list(await line.read(7, B)) == [100, 101]

    against(bus, scenario)


def test_an_adapter_that_hears_itself_is_no_trouble() -> None:
    bus = Bus(lambda request: [(0.0, request), (0.01, shows_addresses(request))])

    async def scenario(line: Line) -> None:
        assert list(await line.read(7, A)) == [10, 11]

    against(bus, scenario)


def test_a_refusal_names_its_reason() -> None:
    bus = Bus(lambda request: [(0.0, sealed(bytes([request[0], request[1] | 0x80, 2])))])

    async def scenario(line: Line) -> None:
        with pytest.raises(UnitRefuses, match="illegal address"):
            await line.read(7, A)

    against(bus, scenario)


def test_nothing_is_sent_while_bytes_still_come() -> None:
    bus = Bus(lambda _: [(n / 100, b"\xff") for n in range(60)])
    sent: list[float] = []

    async def scenario(line: Line) -> None:
        with pytest.raises(UnitSilent):
            await line.read(7, A)

        def answer(request: bytes) -> list[tuple[float, bytes]]:
            sent.append(asyncio.get_running_loop().time())
            return [(0.0, shows_addresses(request))]

        bus.answers = answer
        begun = asyncio.get_running_loop().time()
        assert list(await line.read(7, A)) == [10, 11]
        assert sent[0] - begun > 0.2

    against(bus, scenario, timeout_s=0.3)


def test_rtu_carries_one_request_at_a_time() -> None:
    with pytest.raises(ValueError, match="RTU carries one request at a time"):
        ModbusSource(kind="modbus", code="bus", serial="/dev/ttyUSB0", in_flight=2)


def serial_source(port: str) -> ModbusSource:
    return ModbusSource(kind="modbus", code="bus", serial=port, timeout_s=60)


def test_over_a_serial_port(wire: tuple[str, str]) -> None:
    ours, theirs = wire

    async def scenario() -> None:
        words = SimData(10, values=[230, 231, 232], datatype=DataType.REGISTERS)
        server = ModbusSerialServer(
            SimDevice(7, [words]), port=theirs, baudrate=9600, ignore_missing_devices=True
        )
        await server.serve_forever(background=True)
        line = Line(serial_source(ours))
        assert list(await line.read(7, Span(Table.HOLDING, 10, 3))) == [230, 231, 232]
        with pytest.raises(UnitRefuses, match="illegal address"):
            await line.read(7, Span(Table.HOLDING, 900, 1))
        assert list(await line.read(7, Span(Table.HOLDING, 11, 1))) == [231]
        line.close()
        with suppress(asyncio.CancelledError):
            await server.shutdown()
        await asyncio.sleep(0.01)

    asyncio.run(scenario())


def test_every_byte_on_a_serial_port_is_a_request_that_reads(wire: tuple[str, str]) -> None:
    ours, theirs = wire
    spans = [Span(table, 3, 2) for table in Table]
    sent = bytearray()

    async def scenario() -> None:
        end = os.open(theirs, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

        def answer() -> None:
            sent.extend(os.read(end, 300))
            if len(sent) % 8 == 0:
                request = bytes(sent[-8:])
                bits = sealed(bytes([7, request[1], 1, 0b10]))
                os.write(end, bits if request[1] <= 2 else shows_addresses(request))

        asyncio.get_running_loop().add_reader(end, answer)
        line = Line(serial_source(ours))
        words = {span.table: list(await line.read(7, span)) for span in spans}
        line.close()
        asyncio.get_running_loop().remove_reader(end)
        os.close(end)
        assert words == {table: [0, 1] if table.holds_bits else [3, 4] for table in Table}
        await asyncio.sleep(0.01)

    asyncio.run(scenario())
    wanted = [bytes([7, table.function_code, 0, 3, 0, 2]) for table in Table]
    assert bytes(sent) == b"".join(map(sealed, wanted))
    assert {request[1] for request in wanted} == {1, 2, 3, 4}


def test_a_serial_port_that_is_not_there(tmp_path: os.PathLike[str]) -> None:
    async def scenario() -> None:
        with pytest.raises(LineDown, match=r"no connection to .*ttyUSB9: there is no such port"):
            await Line(serial_source(f"{tmp_path}/ttyUSB9")).read(1, A)

    asyncio.run(scenario())


def test_the_crc_of_the_standards_example() -> None:
    """Modbus over serial line 1.02: 02 07 has the CRC 41 12 on the wire."""
    assert sealed(b"\x02\x07") == b"\x02\x07\x41\x12"
    assert FramerRTU.compute_CRC(b"\x02\x07") == 0x4112
