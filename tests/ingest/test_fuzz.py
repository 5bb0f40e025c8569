"""Whatever bytes come from outside: what is raised is an error of our own, and nothing grows for ever."""

import asyncio
import io
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.collectors.cjt188.meter import LAYOUT as LAYOUT_188
from ingest.collectors.cjt188.meter import Meter188
from ingest.collectors.dlt645.frame import LAYOUT as LAYOUT_645
from ingest.collectors.dlt645.meter import Meter645
from ingest.collectors.half_duplex import Layout, Respondent
from ingest.collectors.half_duplex.frame import closed
from ingest.collectors.half_duplex.port import Inbox
from ingest.collectors.half_duplex.respondent import Round
from ingest.collectors.influx import body as influx
from ingest.collectors.influx.mapping import InfluxMapping
from ingest.collectors.modbus.frame import Question, sealed
from ingest.collectors.modbus.rtu import Ghosts, RtuWire
from ingest.collectors.modbus.tcp import TcpWire
from ingest.collectors.mqtt.inbox import Arrival
from ingest.collectors.push import columns, rows
from ingest.collectors.sparkplug.host import Behind, Host
from ingest.decode import Decoder
from ingest.device import Device
from ingest.errors import IngestError, PayloadError, SourceError, UnitSilent
from ingest.files.mapping import FileMapping
from ingest.files.read import FileReader
from ingest.health import SourceHealth
from ingest.json_device import JsonDevice
from ingest.kinds import read_template
from ingest.pace import Timing
from ingest.payload import PayloadReader
from ingest.plan import plan

NOW = 1_795_332_600.0
LIBRARY = Path(__file__).parents[2] / "config" / "devices"
TEMPLATES = [
    read_template(yaml.safe_load(path.read_text("utf-8"))) for path in sorted(LIBRARY.glob("*.yaml"))
]
WORD_MAPS = [one for one in TEMPLATES if isinstance(one, Device) and one.registers]
PAYLOADS = [one for one in TEMPLATES if isinstance(one, JsonDevice)]
QUESTION = Question(1, 3, 10, 2)
TCP_ANSWER = bytes.fromhex("0001 0000 0007 01 03 04 0001 0002")
RTU_ANSWER = sealed(bytes.fromhex("01 03 04 0001 0002"))
MEMORY = 4_096

once_each = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def noisy(*valid: bytes) -> st.SearchStrategy[bytes]:
    """Bytes, and what is valid with a piece exchanged, taken out or put in."""

    def spoiled(whole: bytes, at: int, cut: int, noise: bytes) -> bytes:
        at %= len(whole) + 1
        return whole[:at] + noise + whole[at + cut :]

    mutant = st.builds(
        spoiled, st.sampled_from(valid), st.integers(0, 4_000), st.integers(0, 20), st.binary(max_size=20)
    )
    return st.one_of(mutant, st.binary(max_size=300))


async def heard(wire: TcpWire | RtuWire, pieces: list[bytes]) -> None:
    wire.connection_made(SimpleNamespace(write=lambda _: None, abort=lambda: None))  # type: ignore[arg-type]
    asking = asyncio.create_task(wire.ask(QUESTION, 0.01))
    await asyncio.sleep(0)
    for piece in pieces:
        wire.data_received(piece)
        await asyncio.sleep(0)
    assert len(wire._buffer) <= MEMORY
    try:
        assert len(await asking) == QUESTION.size
    except SourceError:
        return


@pytest.mark.usefixtures("patience")
@once_each
@given(st.lists(noisy(TCP_ANSWER), max_size=6))
def test_modbus_tcp(pieces: list[bytes]) -> None:
    async def scenario() -> None:
        await heard(TcpWire(count()), pieces)

    asyncio.run(scenario())


@pytest.mark.usefixtures("patience")
@once_each
@given(st.lists(noisy(RTU_ANSWER), max_size=6), st.integers(0, 100))
def test_modbus_rtu(pieces: list[bytes], babble: int) -> None:
    async def scenario() -> None:
        await heard(RtuWire(Ghosts()), [*pieces, *[bytes(300)] * babble])

    asyncio.run(scenario())


@once_each
@given(st.sampled_from(WORD_MAPS), st.data())
def test_words(device: Device, data: st.DataObject) -> None:
    blocks = plan(device)
    word = st.one_of(st.sampled_from([0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x7FC0, 0xFF80]), st.integers(0, 0xFFFF))
    words = {
        block: np.array(data.draw(st.lists(word, min_size=block.count, max_size=block.count)), ">u2")
        for block in blocks
        if data.draw(st.booleans())
    }
    try:
        values = Decoder(device, blocks).decode(words)
    except PayloadError:
        return
    assert not np.isinf(values).any()


DOCUMENTS = [
    b'{"a": [1, null, "2"], "ts": 1795332600000, "em": {"p": -1.5e308}}',
    b"[" * 5_000,
    b'{"a":' * 5_000,
]


@once_each
@given(st.sampled_from(PAYLOADS), noisy(*DOCUMENTS))
def test_json_of_mqtt(device: JsonDevice, payload: bytes) -> None:
    reader = PayloadReader(device)
    try:
        if device.records is None:
            reader.unmapped(payload, NOW)
            reader.read(payload, NOW)
        else:
            for _, reading in reader.read_records(payload, NOW):
                reader.unmapped_of(getattr(reading, "record", None))
    except PayloadError:
        return


ROWS = (
    b'[{"meter": "M1", "time": "2026-11-22T15:30:00+08:00", "values": {"active_power": 1.5, "voltage": 230}}]'
)
COLUMNS = (
    b'{"meter": ["M1"], "time": [1795332600], "time_unit": "s", "active_power": [1e999], "voltage": [null]}'
)


@once_each
@given(noisy(ROWS, COLUMNS, *DOCUMENTS))
def test_posts(posted: bytes) -> None:
    for parse in (rows.parse, columns.parse):
        try:
            parsed = parse(posted, "push", {"M1"}, ZoneInfo("Asia/Shanghai"), NOW)
        except PayloadError:
            continue
        assert not np.isinf(parsed.batch.values).any()


LINES = b'M1,x=y active_power=1.5,voltage=230i,note="a b" 1795332600\nM1 active_power=2 1795332601\n# no\n'


@once_each
@given(noisy(LINES), st.sampled_from(["ns", "us", "ms", "s", "m", "h"]))
def test_line_protocol(posted: bytes, precision: str) -> None:
    try:
        parsed = influx.parse(posted, {"M1"}, InfluxMapping(), source="influx", precision=precision, now=NOW)
    except PayloadError:
        return
    assert not np.isinf(parsed.batch.values).any()


BIRTH = bytes.fromhex("08 80b0a0c59f34 120f 0a0150 1001 200a 69 0000000000709740 1800")
DATA = bytes.fromhex("08 80b0a0c59f34 120c 1001 200a 69 0000000000709740 1801")


@once_each
@given(
    st.lists(st.tuples(st.sampled_from(["NBIRTH", "DBIRTH", "DDATA", "NDATA", "NDEATH"]), noisy(BIRTH, DATA)))
)
def test_sparkplug(messages: list[tuple[str, bytes]]) -> None:
    value = {"metric": "P", "quantity": "active_power", "unit": "W"}
    head = {"code": "t", "name": {"en": "T", "zh": "T"}, "source": "a test"}
    device: Any = read_template({**head, "protocol": "sparkplug", "values": [value]})
    host = Host(SourceHealth.of("s", "sparkplug", ["M"]), [Behind("M", ("g", "e"), "d", device)])
    for kind, payload in messages:
        topic = f"spBv1.0/g/{kind}/e" + ("/d" if kind.startswith("D") else "")
        for batch in host.read([Arrival(topic, payload, 0, 0, retain=False, at=NOW)]):
            assert not np.isinf(batch.values).any()


class Bus:
    """A line on which only these bytes come."""

    latency = 0.0

    def __init__(self, layout: Layout, heard: bytes) -> None:
        self._layout = layout
        self._inbox = Inbox()
        self._inbox.data_received(heard)

    async def ask(self, _question: bytes, fits: Callable[[bytes], bool], _timing: Timing) -> bytes:
        assert len(self._inbox.buffer) <= MEMORY
        while frame := self._layout.take(self._inbox.buffer):
            if fits(frame):
                return frame
        raise UnitSilent("nothing more")


def answers(head: bytes, controls: list[int], begins: bytes) -> st.SearchStrategy[bytes]:
    """Frames with a sound checksum and any content, and spoiled ones."""

    def framed(control: int, content: bytes) -> bytes:
        return closed(head + bytes([control, len(content)]) + content)

    content = st.one_of(st.binary(max_size=40), st.binary(max_size=40).map(lambda rest: begins + rest))
    frames = st.lists(st.builds(framed, st.sampled_from(controls), content), max_size=4).map(b"".join)
    return st.one_of(frames, noisy(framed(controls[0], begins + bytes(8))))


def all_asked(respondent: Respondent, bus: Bus) -> None:
    found = Round()
    with suppress(IngestError):
        asyncio.run(found.ask(bus, respondent))  # type: ignore[arg-type]
    assert len(found.values(respondent)) == len(respondent.items)


@once_each
@given(
    answers(bytes.fromhex("68 010000000000 68"), [0x91, 0xB1, 0xD1, 0x92, 0xB2], bytes.fromhex("33333433"))
)
def test_dlt645(told: bytes) -> None:
    template: Any = next(one for one in TEMPLATES if one.protocol == "dlt645")
    meter = Meter645("M", "000000000001", template, Timing(1, 0, 0))
    all_asked(meter, Bus(LAYOUT_645, told))


@once_each
@given(answers(bytes.fromhex("68 10 01000000000000"), [0x81, 0xC1], bytes.fromhex("901f00")))
def test_cjt188(told: bytes) -> None:
    template: Any = next(one for one in TEMPLATES if one.protocol == "cjt188")
    meter = Meter188("M", "00000000000001", template, Timing(1, 0, 0))
    all_asked(meter, Bus(LAYOUT_188, told))


def _excel() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.worksheets[0].append(["Time", "kWh"])
    book.worksheets[0].append(["2026-03-01 08:00", 10.5])
    book.save(file)
    return file.getvalue()


def _parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"Time": ["2026-03-01 08:00"], "kWh": [10.5]}), file)
    return file.getvalue()


FILES = {
    "csv": b'Time,kWh\n2026-03-01 08:00,10.5\n"2026-03-01 08:15","1,5"\n',
    "xlsx": _excel(),
    "parquet": _parquet(),
}


@pytest.mark.parametrize("form", FILES)
@once_each
@given(data=st.data())
def test_files(tmp_path: Path, form: str, data: st.DataObject) -> None:
    mapping = FileMapping.model_validate(
        {
            "time": {"column": "Time", "format": "%Y-%m-%d %H:%M"},
            "meter": "M",
            "columns": [{"column": "kWh", "quantity": "energy_import", "unit": "kWh"}],
            "shows": "counters",
            "zone": "Asia/Shanghai",
        }
    )
    file = tmp_path / f"file.{form}"
    file.write_bytes(data.draw(noisy(FILES[form])))
    try:
        found = list(FileReader(mapping, NOW).read(file))
    except SourceError:
        return
    assert not any(np.isinf(value) for one in found for value in one.values.values())
