"""Long gaps are settled once, and meters that have such gaps take turns."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.batch import Batch
from telemetry.jobs import quarter_hours
from telemetry.jobs.settle import Worker
from telemetry.storage.dirty import Stage
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

FIRST, LAST = (int(datetime(2025, month, 3, tzinfo=UTC).timestamp()) for month in (1, 6))
AFTER = LAST + 7200
WAITING = (
    "select m.code, d.lo from dirty d join meter m on m.id = d.meter_id where stage = 'energy' order by 1"
)
SUMS = """
select m.code, sum(a), min(e.day), max(e.day)
from energy e join meter m on m.id = e.meter_id, unnest(amount) a
where a <> 'NaN'
group by 1
order by 1
"""


def _write(writer: Writer, batch: Callable[..., Batch], *meters: str) -> None:
    """Nothing for five months, and two readings more."""
    shown = [(FIRST, 0.0), (LAST, 700.0), (AFTER, 702.0)]
    rows = [(meter, at, {"energy_import": value}) for meter in meters for at, value in shown]
    writer.write([batch(*rows)])


def test_a_gap_is_settled_with_its_first_month_and_what_waits_begins_after_it(
    writer: Writer, worker: Worker, batch: Callable[..., Batch], ask: Callable[..., list[tuple[Any, ...]]]
) -> None:
    _write(writer, batch, "m1")
    assert worker._step(Stage.ENERGY)
    assert ask(WAITING) == [("m1", datetime.fromtimestamp(LAST, UTC))]
    worker.drain()
    [(_, total, first, last)] = ask(SUMS)
    assert total == pytest.approx(702.0, rel=1e-9)
    assert (first, last) == (
        datetime.fromtimestamp(FIRST, UTC).date(),
        datetime.fromtimestamp(AFTER, UTC).date(),
    )


def test_meters_with_long_gaps_take_turns_and_all_are_settled(
    writer: Writer,
    worker: Worker,
    batch: Callable[..., Batch],
    ask: Callable[..., list[tuple[Any, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quarter_hours, "_DAYS", 100)
    _write(writer, batch, "m1", "m2")
    assert worker._step(Stage.ENERGY)
    assert [code for code, *_ in ask(SUMS)] == ["m1"]
    worker.drain()
    assert [(code, total) for code, total, *_ in ask(SUMS)] == [
        (code, pytest.approx(702.0, rel=1e-9)) for code in ("m1", "m2")
    ]
    assert ask("select count(*) from dirty") == [(0,)]
