"""A line of meters that answer one question at a time, against a gateway on a raw socket."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listening import listening

from ingest.collector import open_collector, read_meter
from ingest.collectors.dlt645.frame import LAYOUT
from ingest.collectors.half_duplex import HalfDuplexCollector, Layout
from ingest.collectors.half_duplex.port import Inbox
from ingest.errors import LineDown, TemplateError, UnitRefuses, UnitSilent
from ingest.kinds import read_source, read_template
from ingest.pace import Pace
from ingest.template import Template

pytestmark = pytest.mark.usefixtures("patience")
VOLTS = bytes.fromhex("68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16")
FIRST = bytes.fromhex("68 61 01 00 00 00 00 68 B1 0A 33 32 36 35 75 3A 34 44 CB 33 E2 16")
LAST = bytes.fromhex("68 61 01 00 00 00 00 68 92 07 33 32 36 35 66 B5 34 EA 16")
REFUSAL = bytes.fromhex("68 61 01 00 00 00 00 68 D1 01 35 39 16")
VOLTAGE = {"identifier": "02010100", "length": 2, "quantity": "voltage_l1", "unit": "V", "scale": 0.1}
POWER = {"identifier": "0203FF00", "length": 3, "quantity": "active_power", "unit": "kW", "scale": 0.0001}


@dataclass
class Gateway:
    """Keeps every byte that it got; `answers` says what it returns to each question in turn."""

    answers: Callable[[bytes], bytes | None] = lambda _: VOLTS
    questions: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    delay_s: float = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while question := await reader.read(300):
                self.questions.append(question)
                await asyncio.sleep(self.delay_s)
                answer = self.answers(question)
                writer.write(answer or b"")
        except ConnectionError:
            return
        finally:
            writer.close()

    def way(self, **rest: object) -> dict[str, object]:
        head = {"kind": "dlt645", "code": "line", "host": "127.0.0.1", "port": self.port}
        return {**head, "timeout_s": 0.5, "pause_s": 0, "retries": 0, "poll_s": 0.05, **rest}


def against(gateway: Gateway, scenario: Callable[[], Awaitable[None]]) -> None:
    async def both() -> None:
        async with listening(gateway.serve, gateway.port) as gateway.port:
            await scenario()

    asyncio.run(both())


def template(*items: dict[str, Any]) -> Template:
    head = {"code": "t", "name": {"en": "t", "zh": "t"}, "source": "a test", "protocol": "dlt645"}
    return read_template({**head, "items": items})


def meter(code: str = "M", address: str = "000000000161", **pace: float) -> SimpleNamespace:
    return SimpleNamespace(code=code, source="line", device="t", address=address, pace=Pace(**pace))


def collector(
    gateway: Gateway, meters: Sequence[SimpleNamespace], items: Sequence[dict[str, Any]], **way: object
) -> HalfDuplexCollector:
    one = open_collector(read_source(gateway.way(**way)), meters, {"t": template(*items)}, time.time)
    assert isinstance(one, HalfDuplexCollector)
    return one


def frames(sent: bytes) -> list[bytes]:
    buffer, found = bytearray(sent), []
    while frame := LAYOUT.take(buffer):
        found.append(frame)
    return found


def test_only_reading_control_codes_are_sent() -> None:
    answers = {0x34: VOLTS, 0x36: FIRST}
    gateway = Gateway(lambda sent: LAST if frames(sent)[0][8] == 0x12 else answers[frames(sent)[0][12]])

    async def scenario() -> None:
        one = collector(gateway, [meter()], [VOLTAGE, POWER])
        await one.poll()
        await one.poll()
        one.close()
        assert not one.health.meters["M"].failing

    against(gateway, scenario)
    assert [frames(sent)[0][8] for sent in gateway.questions] == [0x11, 0x11, 0x12] * 2
    for sent in gateway.questions:
        assert sent == b"\xfe\xfe\xfe\xfe" + frames(sent)[0]


def test_what_came_too_late_is_thrown_away() -> None:
    """The answer to a question that was given up may be in the buffer when the same is asked again."""
    stale = bytes.fromhex("68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 56 23 16")
    gateway = Gateway(lambda _: stale if len(gateway.questions) == 1 else VOLTS)

    async def scenario() -> None:
        gateway.delay_s = 0.7
        one = collector(gateway, [meter()], [VOLTAGE])
        await one.poll()
        assert one.health.meters["M"].last_error == "no answer within 0.5 s"
        gateway.delay_s = 0.0
        await asyncio.sleep(0.4)
        [found] = [(await one.fetch(station)).batch for station in one._stations]
        assert found is not None
        assert found.values.tolist() == [[100.1]]
        one.close()

    against(gateway, scenario)


def test_a_meter_has_a_pace_of_its_own() -> None:
    gateway = Gateway(lambda _: None)

    async def scenario() -> None:
        one = collector(gateway, [meter("S", timeout_s=0.1, retries=2, poll_s=0.15)], [VOLTAGE])
        for tick in (300, 301, 302, 303):
            one._stations[0].answered()
            await one.poll(tick)
        assert one.health.meters["S"].last_error == "no answer within 0.1 s"
        one.close()

    against(gateway, scenario)
    assert len(gateway.questions) == 2 * 3


def test_a_line_that_talks_unasked_fills_no_memory() -> None:
    inbox = Inbox()
    for _ in range(1_000):
        inbox.data_received(bytes(1_000))
    inbox.data_received(VOLTS)
    assert len(inbox.buffer) < 10_000
    assert LAYOUT.take(inbox.buffer) == VOLTS


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=6), st.integers(1, 40))
def test_whatever_comes_only_whole_frames_are_taken(pieces: list[bytes], step: int) -> None:
    stream, buffer, taken = VOLTS.join(pieces) + bytes(600), bytearray(), []
    for start in range(0, len(stream), step):
        buffer += stream[start : start + step]
        while frame := LAYOUT.take(buffer):
            taken.append(frame)
    assert all(frame[-1] == 0x16 and sum(frame[:-2]) & 0xFF == frame[-2] for frame in taken)
    assert all(frame[0] == frame[7] == 0x68 and len(frame) == 12 + frame[9] for frame in taken)
    if 0x68 not in b"".join(pieces):
        assert taken == [VOLTS] * (len(pieces) - 1)


def test_a_dead_meter_is_asked_once_and_ever_less() -> None:
    alive = bytes.fromhex("61 01")
    gateway = Gateway(lambda sent: VOLTS if alive in sent else None)
    polls, poll_s = 25, 0.02

    async def scenario() -> None:
        meters = [meter("dead", "000000000999"), meter()]
        one = collector(gateway, meters, [VOLTAGE], timeout_s=0.1, retries=1, poll_s=poll_s)
        for _ in range(polls):
            await one.poll()
            await asyncio.sleep(poll_s)
        one.close()
        assert one.health.meters["M"].reads == polls

    against(gateway, scenario)
    assert 4 <= sum(alive not in sent for sent in gateway.questions) <= 10


def test_after_three_silences_the_line_is_entered_anew() -> None:
    gateway = Gateway(lambda _: VOLTS if gateway.connections > 1 else None)

    async def scenario() -> None:
        one = collector(gateway, [meter()], [VOLTAGE], timeout_s=0.05)
        for _ in range(4):
            await one.poll()
        assert not one.health.meters["M"].failing
        one.close()

    against(gateway, scenario)
    assert gateway.connections == 2


def test_a_gateway_that_comes_back_is_found_again(caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway()

    async def scenario() -> None:
        one = collector(gateway, [meter()], [VOLTAGE])
        await one.poll()
        one.close()
        one._line._source, there = one._line._source.model_copy(update={"port": 1}), one._line._source
        await one.poll()
        await one.poll()
        assert one.health.line.last_error.startswith("no connection to 127.0.0.1:1: ")
        one._line._source = there
        await one.poll()
        one.close()

    with caplog.at_level("INFO", "ingest"):
        against(gateway, scenario)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert said[1] == "source line answers again"


def test_reading_once_says_what_it_read_and_where() -> None:
    gateway = Gateway(lambda sent: VOLTS if frames(sent)[0][12] == 0x34 else REFUSAL)

    async def scenario() -> None:
        devices = {"t": template(VOLTAGE, POWER)}
        reading = await read_meter(read_source(gateway.way()), meter(), devices)
        assert [(one.quantity, one.place, one.raw) for one in reading.shown] == [
            ("voltage_l1", "02010100", "01 10"),
            ("active_power", "0203FF00", ""),
        ]
        assert reading.complaints == ("0203FF00: it has no such data",)
        gateway.answers = lambda _: REFUSAL
        with pytest.raises(UnitRefuses, match="M refuses: 02010100: it has no such data"):
            await read_meter(read_source(gateway.way()), meter(), devices)
        gateway.answers = lambda _: FIRST
        with pytest.raises(UnitSilent, match=r"M: no answer .*, only what was not asked for: 68 61 01"):
            await read_meter(read_source(gateway.way()), meter(), devices)

    against(gateway, scenario)


def test_a_serial_port_that_is_not_there() -> None:
    way = {"kind": "dlt645", "code": "line", "serial": "/dev/parkwatt-none"}
    with pytest.raises(LineDown, match="no connection to /dev/parkwatt-none: "):
        asyncio.run(read_meter(read_source(way), meter(), {"t": template(VOLTAGE)}))


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ({}, r"either serial \(a port of this machine\) or host and port"),
        ({"serial": "/dev/ttyUSB0", "host": "192.0.2.1", "port": 1}, "either serial"),
        ({"host": "192.0.2.1"}, "the gateway 192.0.2.1 needs its port"),
        ({"serial": "/dev/ttyUSB0", "parity": "mark"}, "parity"),
    ],
)
def test_a_source_is_a_port_or_a_gateway(rest: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_source({"kind": "dlt645", "code": "line", **rest})


@pytest.mark.parametrize("address", [161, "161", "00000000016A", "0000000001AA", "AAAAAAAAAAAAAA", None])
def test_what_is_no_address(address: object) -> None:
    source = read_source({"kind": "dlt645", "code": "line", "serial": "/dev/ttyUSB0"})
    assert "12 digits in quotation marks" in str(source.misfit(address))  # type: ignore[arg-type]  # what YAML may hold


@pytest.mark.parametrize("address", ["000000000161", "AAAAAAAAAAAA", "AAAAAAAA0161"])
def test_what_is_an_address(address: str) -> None:
    source = read_source({"kind": "dlt645", "code": "line", "serial": "/dev/ttyUSB0"})
    assert source.misfit(address) is None


def test_a_template_with_a_wrong_identifier_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"items\.0\.identifier: .*got '2010100'"):
        template({**VOLTAGE, "identifier": "2010100"})


def test_frames_are_found_in_whatever_comes_in_pieces() -> None:
    layout, buffer, found = Layout(header=10, second_start=7), bytearray(), []
    for byte in b"\xfe\x68\x00" + VOLTS + b"\x16\x68" + VOLTS + VOLTS[:5]:
        buffer.append(byte)
        found.append(layout.take(buffer))
    assert [frame for frame in found if frame] == [VOLTS, VOLTS]
    assert bytes(buffer) == VOLTS[:5]
