"""Devices in turn behind a meter: what people read at a replacement counts as the readings around it do."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest.batch import Batch
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.model import Site
from telemetry.reports.correcting import Desk
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

NOON = int(datetime(2023, 5, 10, 12, tzinfo=UTC).timestamp())
"""Of the last day before ranges are cut: settlement goes on by pieces of eight days."""
HOUR, QUARTER = 3600, 900
Made = Callable[..., Batch]
Show = Callable[..., None]
Withdraw = Callable[[float, float], None]
Slots = Callable[..., dict[int, tuple[Any, Any]]]
Ask = Callable[..., list[tuple[Any, ...]]]


def _iso(hours: float) -> str:
    return datetime.fromtimestamp(NOON + hours * HOUR, UTC).isoformat()


def _replacement(hours: float, **read: float) -> dict[str, Any]:
    """At `ends` of the old counter and `starts` of the new one, where people read them."""
    return {"from": _iso(hours), **{each: {"energy_import": value} for each, value in read.items()}}


@pytest.fixture
def replaced(three: Database, make_site: Callable[..., Site], now: datetime) -> Callable[..., None]:
    """Take up the site with these replacements at its meter."""

    def apply(*replacements: dict[str, Any]) -> None:
        apply_site(three, make_site({"code": "m1", "replacements": replacements}), now)

    return apply


@pytest.fixture
def show(writer: Writer, worker: Worker, batch: Made) -> Show:
    """Write readings (hours after NOON, value) and settle."""

    def write(readings: Sequence[tuple[float, float]], settler: Worker = worker) -> None:
        rows = [("m1", NOON + int(at * HOUR), {"energy_import": float(value)}) for at, value in readings]
        writer.write([batch(*rows)])
        settler.drain()

    return write


@pytest.fixture
def withdraw(three: Database, worker: Worker, now: datetime) -> Withdraw:
    def make(first: float, last: float) -> None:
        with three.connection() as tx:
            Desk(tx, ZoneInfo("UTC"), now).make(
                {
                    "kind": "withdraw",
                    "meter": "m1",
                    "quantity": "energy_import",
                    "from": _iso(first),
                    "to": _iso(last),
                    "who": "li.na",
                    "reason": "a test",
                }
            )
        worker.drain()

    return make


def _hours(found: dict[int, tuple[Any, Any]]) -> dict[float, Any]:
    """Amounts by hours after NOON."""
    return {(at - NOON) / HOUR: pytest.approx(amount) for at, (amount, _) in found.items()}


def _even(first: float, last: float, total: float) -> dict[float, float]:
    slots = round((last - first) * 4)
    return {first + n / 4: total / slots for n in range(slots)}


def test_it_counts_where_all_readings_around_it_are_withdrawn(
    replaced: Callable[..., None], show: Show, withdraw: Withdraw, slots: Slots
) -> None:
    replaced(_replacement(1, ends=737, starts=5))
    show([(0.5, 700), (1.5, 20), (13, 101), (13.25, 102)])
    withdraw(0, 2)
    assert _hours(slots()) == _even(1, 13, 96) | {13.0: 1.0}


def test_one_after_the_last_reading_tells_what_flowed_until_it(
    replaced: Callable[..., None], show: Show, slots: Slots
) -> None:
    replaced(_replacement(2, ends=30, starts=0))
    show([(0, 10), (1, 20)])
    assert _hours(slots()) == _even(0, 2, 20)


@pytest.mark.parametrize("hours", [-1, 2])
def test_one_that_is_taken_back_leaves_nothing(
    replaced: Callable[..., None], show: Show, worker: Worker, slots: Slots, hours: int
) -> None:
    replaced(_replacement(hours, ends=30, starts=0))
    show([(0, 10), (1, 20)])
    assert len(slots()) > 4
    replaced()
    worker.drain()
    assert _hours(slots()) == _even(0, 1, 10)


def test_one_that_is_planned_counts_when_its_time_has_come(
    three: Database, replaced: Callable[..., None], writer: Writer, show: Show, basis: Basis, slots: Slots
) -> None:
    replaced(_replacement(2, ends=30, starts=0))
    clock = NOON + HOUR
    planned = Worker(three, basis, lambda: clock)
    show([(0, 10), (1, 20)], planned)
    assert _hours(slots()) == _even(0, 1, 10)
    writer.close()
    clock = NOON + 2 * HOUR + QUARTER
    planned.sweep()
    planned.drain()
    assert _hours(slots()) == _even(0, 2, 20)


def test_one_that_a_slow_clock_has_before_it_counts_from_the_first_reading_of_the_new_device(
    three: Database, replaced: Callable[..., None], show: Show, basis: Basis, slots: Slots
) -> None:
    replaced(_replacement(2, ends=30, starts=0))
    show([(0, 10), (1, 20), (3, 8)], Worker(three, basis, lambda: NOON + HOUR))
    assert _hours(slots()) == _even(0, 1, 10) | _even(1, 2, 10) | _even(2, 3, 8)


def test_one_that_nobody_read_before_one_that_was_read(
    replaced: Callable[..., None], show: Show, slots: Slots, ask: Ask
) -> None:
    replaced(_replacement(2), _replacement(3, ends=50, starts=0))
    show([(0, 10), (1, 20), (4, 8)])
    assert _hours(slots()) == _even(0, 1, 10) | _even(3, 4, 8)
    assert ask("select flag, extract(epoch from time) from reading_flag where flag = 'replacement'") == [
        ("replacement", NOON + 3 * HOUR)
    ]


def test_readings_withdrawn_before_the_first_leave_nothing(
    show: Show, withdraw: Withdraw, slots: Slots
) -> None:
    show([(11, 10), (11.5, 20), (12.75, 30), (13, 31)])
    withdraw(10, 12)
    assert _hours(slots()) == {12.75: 1.0}
