import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ingest import assignment
from ingest.assignment import assignments
from ingest.batch import Batch, row
from ingest.errors import SourceError
from ingest.kinds import read_source, read_template

LINE = {"kind": "modbus", "code": "line", "host": "127.0.0.1"}
TEMPLATE = {
    "code": "t",
    "name": {"en": "t", "zh": "t"},
    "source": "test",
    "protocol": "modbus",
    "registers": [
        {"table": "input", "address": 0, "type": "uint16", "quantity": "active_power", "unit": "W"}
    ],
}


def _meter(**change: object) -> Any:
    return SimpleNamespace(**{"code": "m", "source": "line", "device": "t", "address": 1, **change})


def _assigned(
    line: dict[str, object] = LINE, meter: object = None, template: dict[str, Any] = TEMPLATE
) -> Any:
    meters: list[Any] = [meter or _meter(), _meter(code="other", source="elsewhere")]
    return assignments([read_source(line)], meters, {"t": read_template(template)})["line"]


def test_what_is_written_alike_is_assigned_alike() -> None:
    assert _assigned() == _assigned()


@pytest.mark.parametrize(
    "changed",
    [
        {"line": {**LINE, "port": 503}},
        {"meter": _meter(address=2)},
        {"template": {**TEMPLATE, "max_gap": 0}},
    ],
    ids=["source", "meter", "template"],
)
def test_a_changed_part_changes_the_assignment(changed: dict[str, Any]) -> None:
    assert _assigned(**changed) != _assigned()


def test_an_edited_template_is_another_edition_and_a_moved_meter_is_not() -> None:
    edition = _assigned().edition
    assert len(edition) == 16
    assert _assigned(meter=_meter(address=2)).edition == edition
    assert _assigned(template={**TEMPLATE, "max_gap": 0}).edition != edition
    assert _assigned(meter=_meter(device="nowhere")).edition == ""


def test_what_a_collector_writes_names_the_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    class Once:
        async def run(self, sink: Any) -> None:
            await sink.write(row("line", "m", 0, ("active_power",), np.ones(1)))

    written: list[Batch] = []

    class Kept:
        async def write(self, batch: Batch) -> None:
            written.append(batch)

    monkeypatch.setattr(assignment, "open_collector", lambda *_: Once())
    assigned = _assigned()
    asyncio.run(assigned.open(lambda: 0.0).run(Kept()))
    assert [each.edition for each in written] == [assigned.edition]


def test_sources_that_come_by_themselves_are_assigned_to_nobody() -> None:
    assert assignments([read_source({"kind": "push", "code": "scada"})], [], {}) == {}


def test_a_meter_without_its_template_cannot_be_opened() -> None:
    assigned = assignments([read_source(LINE)], [_meter(device="nowhere")], {})
    with pytest.raises(SourceError, match="nowhere"):
        assigned["line"].open(lambda: 0.0)
