"""A long re-settlement: done in parts, seen while it runs, and never in the way of what is live."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from telemetry.jobs.settle import Worker
from telemetry.reports import settlement
from telemetry.reports.settlement import StageProgress
from telemetry.storage import dirty, progress
from telemetry.storage.dirty import Stage
from telemetry.storage.pool import Database

pytestmark = pytest.mark.database
Ask = Callable[[str], list[tuple[Any, ...]]]
DAYS = 100
_YEAR = """
insert into energy (meter_id, quantity, day, amount, coverage)
select m.id, 'energy_import', date '2026-01-01' + n, array_fill(1.0, array[96]), array_fill(1.0, array[96])
from meter m, generate_series(0, %s - 1) n
"""
_SEEN = "insert into seen select id, 'energy_import', true from meter"


@pytest.fixture
def settled(three: Database) -> Database:
    """Three meters with a hundred days of quarter hours, and a change that reaches all of them."""
    with three.connection() as tx:
        tx.execute(_SEEN)
        tx.execute(_YEAR, [DAYS])
        dirty.mark_all_energy(tx)
    return three


@pytest.fixture
def told(three: Database) -> Callable[[], StageProgress]:
    def daily() -> StageProgress:
        with three.connection() as tx:
            energy, found = settlement.report(tx, datetime.now(UTC), UTC).stages
        assert energy.stage is Stage.ENERGY
        return found

    return daily


@pytest.mark.usefixtures("settled")
def test_what_is_done_and_what_waits_is_told_after_each_part(
    worker: Worker, told: Callable[[], StageProgress], monkeypatch: pytest.MonkeyPatch
) -> None:
    """January in Shanghai ends on the 31st in UTC: that day waits once more."""
    monkeypatch.setattr(dirty, "_DAYS", 40)
    before = told()
    assert (before.meters, before.days, before.settled_days) == (3, 3 * DAYS, 0)
    assert (before.days_per_s, before.expected_end) == (0.0, None)
    assert worker.step()
    between = told()
    assert (between.meters, between.days, between.settled_days) == (3, 3 * DAYS - 30, 31)
    assert between.days_per_s > 0
    assert between.expected_end is not None
    left = between.expected_end - datetime.now(UTC)
    assert left <= timedelta(seconds=between.days / between.days_per_s)
    worker.drain()
    assert told() == StageProgress(Stage.DAILY, 0, 0, 0, None, 0.0, None)


def test_days_that_are_marked_twice_wait_once(settled: Database, told: Callable[[], StageProgress]) -> None:
    with settled.connection() as tx:
        dirty.mark_all_energy(tx)
    assert told().days == 3 * DAYS


def test_a_live_change_goes_before_a_year_that_was_marked_earlier(
    settled: Database, worker: Worker, ask: Ask
) -> None:
    with settled.connection() as tx:
        tx.execute(
            "insert into dirty (meter_id, stage, lo, hi)"
            " select id, 'daily', '2026-02-01', '2026-02-01 00:15' from meter where code = 'm2'"
        )
    assert worker.step()
    assert ask("select m.code, count(*) from daily join meter m on m.id = meter_id group by 1") == [("m2", 1)]
    worker.drain()
    assert ask("select count(*) from daily") == [(3 * (DAYS + 1),)]


@pytest.mark.usefixtures("settled")
def test_a_month_of_all_meters_is_settled_before_the_next(
    worker: Worker, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dirty, "_DAYS", 40)
    for _ in range(3):
        assert worker.step()
    assert ask("select count(*), max(day) from daily") == [(3 * 31, date(2026, 1, 31))]
    assert ask("select count(*), min(lo) from dirty") == [(3, datetime(2026, 1, 31, 16, tzinfo=UTC))]
    worker.drain()
    assert ask("select count(*) from daily") == [(3 * (DAYS + 1),)]


def test_what_was_done_long_ago_is_forgotten(settled: Database, worker: Worker, ask: Ask) -> None:
    with settled.connection() as tx:
        progress.note(tx, Stage.DAILY, 7)
        tx.execute("update settling set at = at - interval '2 hours'")
        progress.note(tx, Stage.DAILY, 8)
    worker.sweep()
    assert ask("select days from settling") == [(8,)]
