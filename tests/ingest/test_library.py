"""Every shipped template reads its own examples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from ingest.collectors.cjt188.meter import LAYOUT as LAYOUT_188
from ingest.collectors.cjt188.meter import Meter188
from ingest.collectors.cjt188.template import Cjt188Meter
from ingest.collectors.dlt645.frame import LAYOUT as LAYOUT_645
from ingest.collectors.dlt645.frame import answer
from ingest.collectors.dlt645.meter import Meter645
from ingest.collectors.dlt645.template import Dlt645Meter
from ingest.collectors.half_duplex import Layout
from ingest.collectors.half_duplex.respondent import Round
from ingest.collectors.opcua.tag import Tag
from ingest.collectors.opcua.template import OpcUaDevice
from ingest.decode import Decoder, Words
from ingest.device import Device, Example, Table
from ingest.json_device import JsonDevice
from ingest.kinds import read_template
from ingest.moment import microseconds
from ingest.pace import Timing
from ingest.payload import PayloadReader, Reading
from ingest.plan import Span, plan

_FOLDER = Path(__file__).parents[2] / "config" / "devices"
_DOCUMENTS: dict[str, Any] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.yaml"))
}
_NOW = 1_795_332_700.0
_TIMING = Timing(timeout_s=1.0, retries=0, pause_s=0.0)


def _memory(example: Example) -> dict[tuple[Table, int], int]:
    words = {}
    for table, runs in example.words.items():
        for start, text in runs.items():
            content = bytes.fromhex(text)
            for i in range(0, len(content), 2):
                words[table, start + i // 2] = int.from_bytes(content[i : i + 2], "big")
    return words


def _answers(blocks: tuple[Span, ...], memory: dict[tuple[Table, int], int]) -> Words:
    return {
        block: [memory.get((block.table, address), 0xDEAD) for address in range(block.start, block.end)]
        for block in blocks
    }


def _check(quantities: tuple[str, ...], values: Any, expected: dict[str, float | None]) -> None:
    shown = {name: value for name, value in zip(quantities, values, strict=True) if not np.isnan(value)}
    assert shown == pytest.approx({k: v for k, v in expected.items() if v is not None}, rel=1e-12, abs=0)


def test_every_form_of_template_is_decoded_below() -> None:
    forms = {type(read_template(document)) for document in _DOCUMENTS.values()}
    assert forms <= {Device, JsonDevice, Dlt645Meter, Cjt188Meter, OpcUaDevice}


@pytest.mark.parametrize("code", _DOCUMENTS)
def test_the_code_is_the_file_name_and_an_example_stands(code: str) -> None:
    device = read_template(_DOCUMENTS[code])
    assert device.code == code
    assert device.examples


@pytest.mark.parametrize(
    "device",
    [d for d in map(read_template, _DOCUMENTS.values()) if isinstance(d, Device)],
    ids=lambda d: d.code,
)
def test_modbus_examples(device: Device) -> None:
    blocks = plan(device)
    for example in device.examples:
        values = Decoder(device, blocks).decode(_answers(blocks, _memory(example)))
        assert set(example.values) == set(device.quantities)
        _check(device.quantities, values, example.values)


@pytest.mark.parametrize(
    "device",
    [d for d in map(read_template, _DOCUMENTS.values()) if isinstance(d, JsonDevice)],
    ids=lambda d: d.code,
)
def test_json_examples(device: JsonDevice) -> None:
    for example in device.examples:
        reader = PayloadReader(device, "Asia/Shanghai", example.channel)
        if device.records is None:
            reading = reader.read(example.payload.encode(), _NOW)
        else:
            found = dict(reader.read_records(example.payload.encode(), _NOW))[example.record]
            assert isinstance(found, Reading)
            reading = found
        assert not reading.complaints
        at = microseconds(datetime.fromisoformat(example.time)) if example.time else _NOW * 1e6
        assert reading.time_us == at
        _check(device.quantities, reading.values, example.values)


def test_the_template_in_the_documents_reads_its_example() -> None:
    text = (_FOLDER.parents[1] / "docs" / "devices.md").read_text(encoding="utf-8")
    device = read_template(yaml.safe_load(text.split("```yaml\n")[1].split("```")[0]))
    assert isinstance(device, Device)
    test_modbus_examples(device)


@pytest.mark.parametrize(
    "meter",
    [d for d in map(read_template, _DOCUMENTS.values()) if isinstance(d, Dlt645Meter)],
    ids=lambda d: d.code,
)
def test_dlt645_examples(meter: Dlt645Meter) -> None:
    respondent = Meter645("M", "000000000161", meter, _TIMING)
    for example in meter.examples:
        answers = [answer(frame) for frame in _frames(LAYOUT_645, example.frames)]
        found = Round({a.data[3::-1].hex().upper(): a.data[4:] for a in answers})
        assert set(found.data) == set(respondent.questions)
        _check(meter.quantities, found.values(respondent), example.values)
        assert not found.complaints


@pytest.mark.parametrize(
    "meter",
    [d for d in map(read_template, _DOCUMENTS.values()) if isinstance(d, Cjt188Meter)],
    ids=lambda d: d.code,
)
def test_cjt188_examples(meter: Cjt188Meter) -> None:
    for example in meter.examples:
        [frame] = _frames(LAYOUT_188, [example.frame])
        respondent = Meter188("M", frame[8:1:-1].hex().upper(), meter, _TIMING)
        assert respondent._fits(frame)
        found = Round({meter.identifier: frame[14:-2]})
        _check(meter.quantities, found.values(respondent), example.values)
        assert not found.complaints


@dataclass(frozen=True)
class _Said:
    """What an OPC UA server says of a node."""

    content: object
    StatusCode: None = None
    SourceTimestamp: None = None
    ServerTimestamp: None = None

    @property
    def Value(self) -> SimpleNamespace:  # noqa: N802  # as the standard names it
        return SimpleNamespace(Value=self.content)


@pytest.mark.parametrize(
    "device",
    [d for d in map(read_template, _DOCUMENTS.values()) if isinstance(d, OpcUaDevice)],
    ids=lambda d: d.code,
)
def test_opcua_examples(device: OpcUaDevice) -> None:
    for example in device.examples:
        tags = [Tag("M", "{meter}", node) for node in device.nodes]
        values = [tag.number(_Said(example.nodes[tag.node])) for tag in tags]
        _check(device.quantities, values, example.values)


def _frames(layout: Layout, texts: Iterable[str]) -> Iterator[bytes]:
    for text in texts:
        frame = layout.take(bytearray.fromhex(text))
        assert frame is not None, text
        yield frame


def test_52_values_of_an_sdm630_take_at_most_four_reads_of_at_most_40_values() -> None:
    device = read_template(_DOCUMENTS["eastron-sdm630"])
    assert isinstance(device, Device)
    assert len(device.registers) >= 52
    blocks = plan(device)
    assert len(blocks) <= 4
    assert all(block.count <= 80 and block.start % 2 == block.count % 2 == 0 for block in blocks)
