import asyncio
import contextlib
import logging
import struct
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from listening import listening

from ingest.batch import Batch
from ingest.collector import open_collector
from ingest.collectors.modbus import Line, ModbusCollector, ModbusSource, Recipe, Timing, Unit
from ingest.device import Device, Table
from ingest.errors import LineDown, SourceError, StoreUnavailable, UnitRefuses, UnitSilent
from ingest.pace import Pace
from ingest.plan import Span

pytestmark = pytest.mark.usefixtures("patience")
NOW = 1_795_332_600.0
Build = Callable[..., Device]
Answer = Callable[[int, bytes], bytes | None]


def frame(transaction: int, unit: int, pdu: bytes) -> bytes:
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


def registers(pdu: bytes) -> bytes:
    """The answer in which each register shows its own address."""
    code, start, count = struct.unpack(">BHH", pdu)
    words = struct.pack(f">{count}H", *((start + i) & 0xFFFF for i in range(count)))
    return bytes([code, len(words)]) + words


@dataclass
class Gateway:
    """A Modbus TCP server on a raw socket: it keeps every byte it got, and `answer` says what it returns."""

    answer: Answer = lambda _unit, pdu: registers(pdu)
    requests: list[tuple[int, bytes]] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    delay_s: float = 0.0
    shift_transaction: int = 0
    cut: bool = False
    """Close the connection instead of answering."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                transaction, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
                pdu = await reader.readexactly(length - 1)
                self.requests.append((unit, pdu))
                if self.cut:
                    return
                answer = self.answer(unit, pdu)
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if answer is not None:
                    writer.write(frame(transaction + self.shift_transaction, unit, answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def codes(self) -> set[int]:
        return {pdu[0] for _, pdu in self.requests}


class Keeping:
    """A sink that keeps the rows it got; `away` makes it refuse them."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, dict[str, float]]] = []
        self.away = False

    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        if self.away:
            raise StoreUnavailable("away")
        for meter, at, values in zip(batch.row_meter, batch.time, batch.values, strict=True):
            shown = {q: float(v) for q, v in zip(batch.quantities, values, strict=True) if not np.isnan(v)}
            self.rows.append((batch.meters[meter], int(at), shown))
        return np.zeros(len(batch), np.uint8)


def against(gateway: Gateway, scenario: Callable[[], Awaitable[None]]) -> None:
    async def both() -> None:
        async with listening(gateway.serve, gateway.port) as gateway.port:
            await scenario()

    asyncio.run(both())


def place(port: int, timeout_s: float = 0.2, **rest: Any) -> ModbusSource:
    return ModbusSource(kind="modbus", code="gw", host="127.0.0.1", port=port, timeout_s=timeout_s, **rest)


def line(gateway: Gateway, timeout_s: float = 0.2, **rest: Any) -> Line:
    return Line(place(gateway.port, timeout_s, **rest))


def collector(
    gateway: Gateway, units: Sequence[Unit], *, poll_s: float = 0.05, timeout_s: float = 0.3, retries: int = 0
) -> ModbusCollector:
    source = place(gateway.port, timeout_s, poll_s=poll_s, retries=retries)
    for unit in units:
        unit.timing = source.timing
    return ModbusCollector(source, Line(source), units, lambda: NOW)


def unit(meter: str, number: int, device: Device) -> Unit:
    return Unit(meter, number, Recipe(device), Timing(0.1, 0, 0.0))


async def drained(collector: ModbusCollector, sink: Keeping) -> None:
    """Writes what waits."""
    task = asyncio.create_task(collector._backlog.drain(sink))
    async with asyncio.timeout(60):
        while collector.health.waiting:  # noqa: ASYNC110  # another task empties it
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def meter(modbus: Build) -> Device:
    """Two blocks: voltage at 10, current at 100."""
    return modbus(
        {"address": 10, "type": "uint16", "quantity": "voltage", "unit": "V"},
        {"address": 100, "type": "uint16", "quantity": "current", "unit": "A"},
    )


def test_only_reading_function_codes_are_sent(modbus: Build) -> None:
    device = modbus(
        {"table": "coil", "address": 3, "type": "bool", "quantity": "production_count", "unit": "1"},
        {"table": "discrete", "address": 3, "type": "bool", "quantity": "running_hours", "unit": "h"},
        {"table": "holding", "address": 3, "type": "uint16", "quantity": "voltage", "unit": "V"},
        {"table": "input", "address": 3, "type": "uint16", "quantity": "current", "unit": "A"},
    )

    def answer(_: int, pdu: bytes) -> bytes:
        return registers(pdu) if pdu[0] > 2 else bytes([pdu[0], 1, 1])

    gateway = Gateway(answer)
    sink = Keeping()

    async def scenario() -> None:
        one = collector(gateway, [unit("M", 7, device)])
        await one.poll()
        await drained(one, sink)
        one._line.close()

    against(gateway, scenario)
    assert gateway.codes() == {1, 2, 3, 4}
    assert {unit for unit, _ in gateway.requests} == {7}
    assert sink.rows == [
        (
            "M",
            1_795_332_600_000_000,
            {"production_count": 1.0, "running_hours": 1.0, "voltage": 3.0, "current": 3.0},
        )
    ]


def test_no_function_code_is_sent_but_those_of_the_tables() -> None:
    assert sorted(table.function_code for table in Table) == [1, 2, 3, 4]


def test_units_share_one_connection(meter: Device) -> None:
    gateway = Gateway()

    async def scenario() -> None:
        one = collector(gateway, [unit(f"M{n}", n, meter) for n in range(1, 6)], timeout_s=10)
        await one.poll()
        await one.poll()
        one._line.close()

    against(gateway, scenario)
    assert gateway.connections == 1
    assert len(gateway.requests) == 20


def test_a_late_reply_is_not_taken_for_the_next() -> None:
    gateway = Gateway(delay_s=0.15)

    async def scenario() -> None:
        one = line(gateway, timeout_s=0.1)
        with pytest.raises(UnitSilent, match=r"no answer within 0\.1 s"):
            await one.read(1, Span(Table.HOLDING, 10, 1))
        gateway.delay_s = 0.0
        assert list(await one.read(1, Span(Table.HOLDING, 100, 1))) == [100]
        one.close()

    against(gateway, scenario)
    assert gateway.connections == 1


def test_each_of_several_requests_is_given_up_after_its_own_patience() -> None:
    gateway = Gateway()
    given_up: list[tuple[int, float]] = []

    async def ask(one: Line, unit_id: int, timeout_s: float) -> None:
        begun = asyncio.get_running_loop().time()
        with pytest.raises(UnitSilent, match=f"no answer within {timeout_s:g} s"):
            await one.read(unit_id, Span(Table.HOLDING, 10, 1), Timing(timeout_s, 0, 0.0))
        given_up.append((unit_id, round(asyncio.get_running_loop().time() - begun, 2)))

    async def scenario() -> None:
        one = line(gateway, in_flight=4)
        await one.read(9, Span(Table.HOLDING, 10, 1), Timing(9.0, 0, 0.0))
        gateway.answer = lambda _unit, _pdu: None
        await asyncio.gather(ask(one, 1, 3.0), ask(one, 2, 1.0), ask(one, 3, 2.0), ask(one, 4, 2.0))
        one.close()

    against(gateway, scenario)
    assert given_up == [(2, 1.0), (3, 2.0), (4, 2.0), (1, 3.0)]


def test_half_of_a_late_reply_is_not_taken_for_the_next() -> None:
    """The rest of it would read as the reply to the second request."""
    forged = frame(2, 1, b"\x03\x02\xde\xad")
    whole = frame(1, 1, bytes([3, len(forged)]) + forged)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(12)
        writer.write(whole[: -len(forged)])
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readexactly(12)
            writer.write(forged)
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            one = Line(place(server.sockets[0].getsockname()[1], 0.1))
            for _ in range(2):
                with pytest.raises(UnitSilent):
                    await one.read(1, Span(Table.HOLDING, 100, 1))
            one.close()
            server.close()
            await asyncio.sleep(0.01)

    asyncio.run(scenario())


def test_a_connection_on_which_nothing_answers_is_opened_anew() -> None:
    gateway = Gateway(lambda _unit, _pdu: None)

    async def scenario() -> None:
        one = line(gateway, timeout_s=0.02)
        for _ in range(4):
            with pytest.raises(UnitSilent):
                await one.read(1, Span(Table.HOLDING, 100, 1))
        one.close()

    against(gateway, scenario)
    assert gateway.connections == 2


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_reply_to_another_transaction_is_none(shift: int) -> None:
    gateway = Gateway(shift_transaction=shift)

    async def scenario() -> None:
        one = line(gateway, timeout_s=0.1)
        with pytest.raises(UnitSilent):
            await one.read(1, Span(Table.HOLDING, 10, 1))
        one.close()

    against(gateway, scenario)


@pytest.mark.parametrize(
    "answer",
    [b"\x03\x04\x00\x01\x00\x02", b"\x04\x02\x00\x01", b"\x03\x02\x00"],
    ids=["too many words", "another function", "half a word"],
)
def test_a_reply_of_another_form_is_none(answer: bytes) -> None:
    gateway = Gateway(lambda _unit, _pdu: answer)

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        one = line(gateway, timeout_s=0.1)
        with pytest.raises(UnitSilent):
            await one.read(1, Span(Table.HOLDING, 10, 1))
        one.close()

    against(gateway, scenario)


def test_a_refusal_names_its_reason() -> None:
    gateway = Gateway(lambda _unit, pdu: bytes([pdu[0] | 0x80, 2]))

    async def scenario() -> None:
        one = line(gateway)
        with pytest.raises(UnitRefuses, match="illegal address"):
            await one.read(1, Span(Table.HOLDING, 10, 1))
        one.close()

    against(gateway, scenario)


def test_requests_keep_the_pause_of_the_line() -> None:
    gateway = Gateway()

    async def scenario() -> None:
        one = Line(place(gateway.port, 1.0, pause_s=0.05))
        begun = asyncio.get_running_loop().time()
        for _ in range(3):
            await one.read(1, Span(Table.HOLDING, 10, 1))
        assert asyncio.get_running_loop().time() - begun >= 0.1
        one.close()

    against(gateway, scenario)


def test_a_cut_connection_is_noticed_at_once_and_opened_again() -> None:
    gateway = Gateway(cut=True)

    async def scenario() -> None:
        one = line(gateway, timeout_s=5.0)
        begun = asyncio.get_running_loop().time()
        with pytest.raises(UnitSilent, match="connection was lost"):
            await one.read(1, Span(Table.HOLDING, 10, 1))
        assert asyncio.get_running_loop().time() - begun < 1
        gateway.cut = False
        assert list(await one.read(1, Span(Table.HOLDING, 10, 1))) == [10]
        one.close()

    against(gateway, scenario)


def test_nobody_listening_is_said_once_for_the_line(meter: Device, caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway()

    async def scenario() -> None:
        one = collector(gateway, [unit("M1", 1, meter), unit("M2", 2, meter)])
        await one.poll()
        with pytest.raises(LineDown):
            await line(Gateway(port=1)).read(1, Span(Table.HOLDING, 1, 1))
        one._line.close()
        there, one._line._source = one._line._source, place(1)
        await one.poll()
        await one.poll()
        assert one.health.meters["M2"].last_error == "no connection to 127.0.0.1:1: nothing listens there"
        assert one.health.line.failures == 2
        one._line._source = there
        await one.poll()
        one._line.close()
        assert not one.health.meters["M2"].failing

    with caplog.at_level(logging.INFO, "ingest"):
        against(gateway, scenario)
    assert [record.getMessage() for record in caplog.records] == [
        "source gw fails: no connection to 127.0.0.1:1: nothing listens there",
        "source gw answers again",
    ]


def test_what_was_read_before_a_failure_is_kept(meter: Device) -> None:
    gateway = Gateway(lambda _unit, pdu: None if pdu[2] == 100 else registers(pdu))
    sink = Keeping()

    async def scenario() -> None:
        one = collector(gateway, [unit("M", 1, meter)])
        await one.poll()
        await drained(one, sink)
        one._line.close()
        assert one.health.meters["M"].failing

    against(gateway, scenario)
    assert [values for _, _, values in sink.rows] == [{"voltage": 10.0}]


def test_what_was_read_before_the_line_broke_is_kept(meter: Device) -> None:
    gateway = Gateway()
    sink = Keeping()

    async def scenario() -> None:
        one = collector(gateway, [unit("M", 1, meter)], retries=1)

        def answer(_unit: int, pdu: bytes) -> bytes | None:
            if pdu[2] == 100:
                one._line._source = place(1)
                raise ConnectionError
            return registers(pdu)

        gateway.answer = answer
        await one.poll()
        await drained(one, sink)
        assert one.health.line.failing

    against(gateway, scenario)
    assert [values for _, _, values in sink.rows] == [{"voltage": 10.0}]


def test_a_refused_block_leaves_the_others(meter: Device) -> None:
    gateway = Gateway(lambda _unit, pdu: bytes([0x83, 2]) if pdu[2] == 10 else registers(pdu))
    sink = Keeping()

    async def scenario() -> None:
        one = collector(gateway, [unit("M", 1, meter)])
        await one.poll()
        await drained(one, sink)
        one._line.close()
        assert one.health.meters["M"].last_error == "holding 10 to 10: illegal address"

    against(gateway, scenario)
    assert [values for _, _, values in sink.rows] == [{"current": 100.0}]


def test_another_device_at_the_address_is_refused(modbus: Build) -> None:
    device = modbus(
        {"address": 1, "type": "uint16", "quantity": "voltage", "unit": "V"},
        identity=[{"address": 0, "value": 203}],
    )
    gateway = Gateway()
    sink = Keeping()

    async def scenario() -> None:
        one = collector(gateway, [unit("M", 1, device)])
        await one.poll()
        await drained(one, sink)
        one._line.close()
        assert one.health.refused == 1
        assert "another device" in one.health.meters["M"].last_error

    against(gateway, scenario)
    assert sink.rows == []


def test_a_retry_reads_the_same_block_again(meter: Device) -> None:
    lost = iter([True, False])
    gateway = Gateway(lambda _unit, pdu: None if next(lost, False) else registers(pdu))
    sink = Keeping()

    async def scenario() -> None:
        one = collector(gateway, [unit("M", 1, meter)], retries=1)
        await one.poll()
        await drained(one, sink)
        one._line.close()
        assert not one.health.meters["M"].failing

    against(gateway, scenario)
    assert [values for _, _, values in sink.rows] == [{"voltage": 10.0, "current": 100.0}]


def test_a_dead_unit_backs_off_and_costs_the_others_little(meter: Device) -> None:
    gateway = Gateway(lambda unit, pdu: None if unit == 3 else registers(pdu))
    polls, timeout_s, poll_s = 60, 0.05, 0.02

    async def scenario() -> None:
        one = collector(
            gateway, [unit(f"M{n}", n, meter) for n in (3, 1, 2)], timeout_s=timeout_s, poll_s=poll_s
        )
        for _ in range(polls):
            await one.poll()
            await asyncio.sleep(poll_s)
        one._line.close()
        assert one.health.meters["M1"].reads == one.health.meters["M2"].reads == polls

    against(gateway, scenario)
    asked = [pdu for unit, pdu in gateway.requests if unit == 3]
    assert 3 <= len(asked) <= 8
    assert all(pdu == struct.pack(">BHH", 3, 10, 1) for pdu in asked)


def test_silent_units_wait_for_the_others(meter: Device) -> None:
    gateway = Gateway(lambda unit, pdu: None if unit == 1 else registers(pdu))

    async def scenario() -> None:
        one = collector(gateway, [unit("M1", 1, meter), unit("M2", 2, meter)])
        await one.poll()
        gateway.requests.clear()
        await one.poll()
        one._line.close()

    against(gateway, scenario)
    assert [unit for unit, _ in gateway.requests] == [2, 2, 1]


def test_a_unit_that_returns_is_read_whole_in_the_same_poll(meter: Device) -> None:
    gateway = Gateway(lambda _unit, _pdu: None)
    sink = Keeping()

    async def scenario() -> None:
        one = collector(gateway, [unit("M", 1, meter)])
        await one.poll()
        gateway.answer = lambda _unit, pdu: registers(pdu)
        await one.poll()
        await drained(one, sink)
        one._line.close()

    against(gateway, scenario)
    assert [values for _, _, values in sink.rows] == [{"voltage": 10.0, "current": 100.0}]


def test_where_all_were_silent_the_first_to_return_wakes_the_others(meter: Device) -> None:
    gateway = Gateway(lambda _unit, _pdu: None)

    async def scenario() -> None:
        one = collector(gateway, [unit(f"M{n}", n, meter) for n in (1, 2, 3)], poll_s=60)
        for _ in range(4):
            await one.poll()
        gateway.answer = lambda _unit, pdu: registers(pdu)
        await one.poll()
        assert sum(health.failing for health in one.health.meters.values()) == 2
        await one.poll()
        one._line.close()
        assert not any(health.failing for health in one.health.meters.values())

    against(gateway, scenario)


def test_a_gateway_that_cannot_reach_a_unit_counts_as_its_silence() -> None:
    gateway = Gateway(lambda _unit, pdu: bytes([pdu[0] | 0x80, 11]))

    async def scenario() -> None:
        one = line(gateway)
        with pytest.raises(UnitSilent, match="did not answer the gateway"):
            await one.read(1, Span(Table.HOLDING, 10, 1))
        one.close()

    against(gateway, scenario)


def test_running_it_polls_and_writes_until_cancelled(meter: Device) -> None:
    gateway = Gateway()
    sink = Keeping()
    meters = [
        SimpleNamespace(code="M1", source="gw", device="d", address=1, pace=Pace()),
        SimpleNamespace(code="M2", source="elsewhere", device="d", address=2, pace=Pace()),
    ]

    async def scenario() -> None:
        source = place(gateway.port, poll_s=0.02, retries=0, pause_s=0.001)
        one = open_collector(source, meters, {"d": meter}, time.time)
        assert one is not None
        task = asyncio.create_task(one.run(sink))
        async with asyncio.timeout(60):
            while len(sink.rows) < 4:  # noqa: ASYNC110  # another task fills it
                await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    against(gateway, scenario)
    assert {code for code, _, _ in sink.rows} == {"M1"}
    times = [at for _, at, _ in sink.rows]
    assert len(set(times)) == len(times)


@pytest.mark.parametrize(
    ("device", "address", "reason"),
    [
        ("none", 1, "'none' is no Modbus template"),
        ("d", "1", "a unit id is a number"),
        ("d", 256, "a unit id is a number"),
        ("d", None, "a unit id is a number"),
    ],
)
def test_a_meter_that_does_not_fit_its_line_is_refused(
    meter: Device, device: str, address: object, reason: str
) -> None:
    source = place(1)
    wrong = SimpleNamespace(code="M", source="gw", device=device, address=address)
    with pytest.raises(SourceError, match=reason):
        open_collector(source, [wrong], {"d": meter}, time.time)


def test_a_source_that_is_posted_to_needs_no_collector() -> None:
    assert open_collector(SimpleNamespace(code="s", kind="push"), [], {}, time.time) is None


def test_a_kind_without_a_collector_is_refused() -> None:
    with pytest.raises(SourceError, match="no collector for the kind 'telepathy'"):
        open_collector(SimpleNamespace(code="s", kind="telepathy"), [], {}, time.time)


def test_sources_that_name_one_gateway_share_its_connection(meter: Device) -> None:
    """Many gateways take one connection and no second."""
    gateway = Gateway()

    async def scenario() -> None:
        sources = [place(gateway.port).model_copy(update={"code": code}) for code in ("a", "b")]
        opened = [
            open_collector(source, [one], {"d": meter}, time.time)
            for source, one in zip(
                sources,
                [
                    SimpleNamespace(code=f"M{n}", source=source.code, device="d", address=n, pace=Pace())
                    for n, source in enumerate(sources, 1)
                ],
                strict=True,
            )
        ]
        collectors = [one for one in opened if isinstance(one, ModbusCollector)]
        assert len(collectors) == 2
        gateway.delay_s = 0.02
        await asyncio.gather(*(one.poll() for one in collectors))
        assert [one.health.answering for one in collectors] == [1, 1]
        collectors[0].close()
        await collectors[1].poll()
        assert collectors[1].health.answering == 1
        collectors[1].close()

    against(gateway, scenario)
    assert gateway.connections <= 2
    assert sorted(unit for unit, _ in gateway.requests) == [1, 1, 2, 2, 2, 2]


def test_one_request_at_a_time_unless_the_gateway_takes_more(meter: Device) -> None:
    most: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests that wait together, the last first."""
        while True:
            waiting = [await reader.readexactly(12)]
            await asyncio.sleep(0.02)
            while buffered := bytes(reader._buffer[:12]):  # type: ignore[attr-defined]
                waiting.append(buffered)
                await reader.readexactly(12)
            most[-1] = max(most[-1], len(waiting))
            for request in reversed(waiting):
                number, _, _, unit = struct.unpack(">HHHB", request[:7])
                writer.write(frame(number, unit, registers(request[7:])))

    async def scenario(allowed: int) -> None:
        async with listening(serve) as port:
            source = place(port, 2.0, in_flight=allowed)
            units = [unit(f"M{n}", n, meter) for n in range(1, 9)]
            for one in units:
                one.timing = source.timing
            one = ModbusCollector(source, Line(source), units, lambda: NOW)
            sink = Keeping()
            await one.poll()
            await drained(one, sink)
            assert all(values == {"voltage": 10.0, "current": 100.0} for _, _, values in sink.rows)
            assert len(sink.rows) == 8
            one.close()

    for allowed in (1, 4):
        most.append(0)
        asyncio.run(scenario(allowed))
    assert most == [1, 4]


def test_a_meter_has_the_pace_of_its_own_before_its_templates_and_its_sources(modbus: Build) -> None:
    device = modbus(
        {"address": 10, "type": "uint16", "quantity": "voltage", "unit": "V"},
        pace={"timeout_s": 3, "pause_s": 0.2},
    )
    source = place(1, 1.0, retries=2, poll_s=5)
    meters = [
        SimpleNamespace(code=code, source="gw", device="t", address=1, pace=Pace(**pace))
        for code, pace in {"plain": {}, "slow": {"timeout_s": 4.0, "retries": 0, "poll_s": 60.0}}.items()
    ]
    one = open_collector(source, meters, {"t": device}, time.time)
    assert isinstance(one, ModbusCollector)
    plain, slow = one._stations
    assert (plain.timing, plain.poll_s) == (Timing(3.0, 2, 0.2), None)
    assert (slow.timing, slow.poll_s) == (Timing(4.0, 0, 0.2), 60.0)


def test_a_meter_of_a_longer_period_is_left_out_in_between(meter: Device) -> None:
    gateway = Gateway()

    async def scenario() -> None:
        slow = unit("S", 2, meter)
        slow.poll_s = 0.15
        one = collector(gateway, [unit("M", 1, meter), slow], poll_s=0.05)
        for tick in (300, 301, 302, 304, 305, 306):
            await one.poll(tick)
        assert (one.health.meters["M"].reads, one.health.meters["S"].reads) == (6, 3)
        one.close()

    against(gateway, scenario)


def test_a_dead_unit_costs_its_neighbours_less_than_a_twentieth(meter: Device) -> None:
    """Ten minutes of a line on which reading takes most of the time, by the clock of the rhythm."""
    alive, read_s, timeout_s, poll_s, minutes = 20, 0.2, 1.0, 5.0, 10
    counts = {}
    for dead in (0, 1):
        stations = [unit(f"M{n}", n, meter) for n in range(alive + dead)]
        now, reads = 0.0, 0
        while now < 60 * minutes:
            start = now
            for station in sorted((one for one in stations if one.due(now)), key=lambda one: one.silent):
                if station.number < alive:
                    now, reads = now + read_s, reads + 1
                    station.answered()
                else:
                    now += timeout_s
                    station.fell_silent(now, poll_s)
            now = max(now, start + poll_s)
        counts[dead] = reads
    assert counts[1] > 0.95 * counts[0]
