"""Readings written through the writer, settled by a worker, read back from the tables."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.batch import Batch
from telemetry.jobs import quarter_hours, settle
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.model import Site
from telemetry.storage import energy
from telemetry.storage.dirty import Marks, Stage
from telemetry.storage.pool import Database, Transaction
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

Made = Callable[..., Batch]
Slots = Callable[..., dict[int, tuple[Any, Any]]]
Ask = Callable[..., list[tuple[Any, ...]]]

START = int(datetime(2023, 5, 10, 0, tzinfo=UTC).timestamp())
"""08:00 in Shanghai."""
QUARTER, HOUR = 900, 3600


def _counter(values: Sequence[float], step: int = QUARTER, meter: str = "m1", **more: int) -> list[Any]:
    start = more.get("start", START)
    return [(meter, start + n * step, {"energy_import": v}) for n, v in enumerate(values)]


def _amounts(found: dict[int, tuple[Any, Any]]) -> dict[int, Any]:
    return {(at - START) // QUARTER: pytest.approx(amount) for at, (amount, _) in found.items()}


def test_a_counter_becomes_quarter_hours(writer: Writer, worker: Worker, batch: Made, slots: Slots) -> None:
    writer.write([batch(*_counter([100, 125, 150, 175, 200]))])
    worker.drain()
    assert slots() == {START + n * QUARTER: (pytest.approx(25.0), 1.0) for n in range(4)}
    assert slots("m2") == {}


def test_a_gap_is_spread_and_flagged(writer: Writer, worker: Worker, batch: Made, slots: Slots) -> None:
    rows = _counter([25.0 * n for n in range(33)])
    writer.write([batch(*rows[:13])])
    worker.drain()
    writer.write([batch(*rows[24:])])
    worker.drain()
    found = slots()
    assert sum(amount for amount, _ in found.values()) == pytest.approx(800, rel=1e-12)
    assert _amounts(found) == dict.fromkeys(range(32), 25.0)
    assert [n for n in range(32) if found[START + n * QUARTER][1] < 1] == list(range(12, 24))


def test_a_quarter_hourly_reading_that_is_a_little_late_leaves_nothing_estimated_and_one_that_fails_does(
    writer: Writer, worker: Worker, batch: Made, slots: Slots
) -> None:
    shown = _counter([25.0 * n for n in range(9)])
    rows = [(code, at + 20 * (n % 3), values) for n, (code, at, values) in enumerate(shown)]
    writer.write([batch(*rows[:6], *rows[7:])])
    worker.drain()
    covered = {(at - START) // QUARTER: coverage for at, (_, coverage) in slots().items()}
    assert [covered[n] for n in range(8)] == pytest.approx([1, 1, 1, 1, 1, 40 / 900, 0, 880 / 900])


def test_the_dated_multiplier_scales_from_its_date(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, three: Database, make_site: Callable[..., Site]
) -> None:
    writer.write([batch(*_counter([0, 1, 2, 3, 4]))])
    worker.drain()
    half = datetime.fromtimestamp(START + 2 * QUARTER, UTC)
    history = [{"from": half, "multiplier": 80}]
    apply_site(three, make_site({"code": "m1", "history": history}, {"code": "m2"}), datetime.now(UTC))
    worker.drain()
    assert _amounts(slots()) == {0: 1.0, 1: 1.0, 2: 80.0, 3: 80.0}


def test_a_reset_is_counted_flagged_and_unflagged_when_it_was_a_glitch(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, ask: Ask
) -> None:
    writer.write([batch(*_counter([100, 110, 120, 2, 12]))])
    worker.drain()
    assert sum(amount for amount, _ in slots().values()) == pytest.approx(32)
    asked = "select flag, extract(epoch from time)::bigint from reading_flag where flag <> 'counter_back'"
    assert ask(asked) == [("reset", START + 3 * QUARTER)]
    writer.write([batch(*_counter([140], start=START + 5 * QUARTER))])
    worker.drain()
    assert sum(amount for amount, _ in slots().values()) == pytest.approx(40)
    assert ask(asked + " order by time") == [("glitch", START + n * QUARTER) for n in (3, 4)]


def test_rollover_in_mid_hour_loses_nothing(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, three: Database, make_site: Callable[..., Site]
) -> None:
    rolls = {"code": "m1", "counter_digits": {"energy_import": 1000}}
    apply_site(three, make_site(rolls), datetime.now(UTC))
    writer.write([batch(*_counter([970, 980, 990, 0, 10, 20]))])
    worker.drain()
    assert _amounts(slots()) == dict.fromkeys(range(5), 10.0)


def test_power_is_integrated_where_there_is_no_counter(
    writer: Writer, worker: Worker, batch: Made, slots: Slots
) -> None:
    rows = [("m1", START + n * 300, {"active_power": 40.0 if n < 6 else -20.0}) for n in range(13) if n != 6]
    writer.write(
        [batch(*rows, *(("m2", s, {"active_power": 9.0, "energy_import": 1.0}) for _, s, _ in rows))]
    )
    worker.drain()
    assert _amounts(slots())[0] == 10.0
    assert _amounts(slots(quantity="energy_export"))[3] == 5.0
    assert {amount for amount, _ in slots("m2").values()} == {0.0}


def test_amounts_fill_their_interval_by_the_end_that_the_stamp_marks(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, three: Database, make_site: Callable[..., Site]
) -> None:
    hourly = {"interval_s": 3600, "max_gap_s": 3600}
    meters = ({"code": "m1", **hourly, "stamp": "start"}, {"code": "m2", **hourly})
    apply_site(three, make_site(*meters), datetime.now(UTC))
    rows = [(m, START + h * HOUR, {"energy_import_amount": 8.0}) for m in ("m1", "m2") for h in (0, 1)]
    writer.write([batch(*rows)])
    worker.drain()
    assert _amounts(slots("m1")) == dict.fromkeys(range(8), 2.0)
    assert _amounts(slots("m2")) == dict.fromkeys(range(-4, 4), 2.0)


def test_the_running_quarter_hour_waits_for_its_end(
    three: Database, basis: Basis, batch: Made, slots: Slots
) -> None:
    wall = [START + 3 * QUARTER + 10.0]
    writer, worker = Writer(three, lambda: wall[0]), Worker(three, basis, lambda: wall[0])
    writer.write([batch(*_counter([0, 1, 2, 3]), ("m1", START + 3 * QUARTER + 5, {"energy_import": 3.1}))])
    worker.drain()
    assert sorted(_amounts(slots())) == [0, 1, 2]
    writer.write([batch(("m1", START + 3 * QUARTER + 7, {"energy_import": 3.2}))])
    assert worker.step() is False
    writer.write([batch(("m1", START + 4 * QUARTER + 1, {"energy_import": 4.0}))])
    worker.drain()
    assert sorted(_amounts(slots())) == [0, 1, 2, 3]


def test_a_meter_that_went_silent_is_settled_after_its_quarter_hour(
    three: Database, basis: Basis, batch: Made, slots: Slots
) -> None:
    wall = [START + QUARTER + 400.0]
    writer, worker = Writer(three, lambda: wall[0]), Worker(three, basis, lambda: wall[0])
    writer.write([batch(*_counter([0, 1]))])
    writer.write([batch(("m1", START + QUARTER + 450, {"energy_import": 1.5}))])
    writer.close()
    worker.drain()
    assert sorted(_amounts(slots())) == [0]
    wall[0] = START + 2 * QUARTER + 60.0
    worker.sweep()
    worker.drain()
    assert slots()[START + QUARTER] == (pytest.approx(0.5), 0.5)


def test_a_late_reading_between_read_and_write_is_not_lost(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker has read when the late reading commits: its own write must not be the last word."""
    writer.write([batch(*_counter([0, 40], step=4 * QUARTER))])
    write, late = energy.write, threading.Event()

    def interrupted(*args: Any) -> None:
        if not late.is_set():
            late.set()
            writer.write([batch(("m1", START + 2 * QUARTER, {"energy_import": 30.0}))])
        write(*args)

    monkeypatch.setattr(energy, "write", interrupted)
    assert worker._step(Stage.ENERGY)
    assert late.is_set()
    assert _amounts(slots()) == dict.fromkeys(range(4), 10.0)
    worker.drain()
    assert _amounts(slots()) == {0: 15.0, 1: 15.0, 2: 5.0, 3: 5.0}


def test_a_meter_that_another_worker_holds_is_left_to_it(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, three: Database
) -> None:
    writer.write([batch(*_counter([0, 10]), *_counter([0, 20], meter="m2"))])
    with three.connection() as other:
        other.execute("select pg_advisory_xact_lock(7276, id) from meter where code = 'm1'")
        worker.drain()
        assert slots("m1") == {}
        assert len(slots("m2")) == 1
    worker.drain()
    assert len(slots("m1")) == 1


def test_a_crew_settles_two_meters_at_a_time(
    writer: Writer, three: Database, basis: Basis, batch: Made, slots: Slots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle, "_METERS", 1)
    rows = [(f"m{m}", START + n * 300, {"energy_import": n * 2.0}) for m in (1, 2) for n in range(4)]
    writer.write([batch(*rows)])
    both, settled = threading.Barrier(2, timeout=60), Worker._settle

    def together(worker: Worker, tx: Transaction, stage: Stage, marks: Marks) -> None:
        if stage is Stage.ENERGY:
            both.wait()
        settled(worker, tx, stage, marks)

    monkeypatch.setattr(Worker, "_settle", together)
    settle.Crew(three, basis).drain()
    assert not both.broken
    assert [slots(meter) for meter in ("m1", "m2")] == [{START: (pytest.approx(6.0), 1.0)}] * 2


def test_workers_side_by_side_settle_the_same_as_one(
    writer: Writer, three: Database, basis: Basis, batch: Made, slots: Slots, now: datetime
) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(30):
                Worker(three, basis, now.timestamp).step()
        except BaseException as error:  # noqa: BLE001  # carried to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(40):
        writer.write([batch(*((f"m{m}", START + n * 300, {"energy_import": n * 2.0}) for m in (1, 2, 3)))])
    for thread in threads:
        thread.join()
    Worker(three, basis, now.timestamp).drain()
    assert failures == []
    for meter in ("m1", "m2", "m3"):
        assert slots(meter) == {START + n * QUARTER: (pytest.approx(6.0), 1.0) for n in range(13)}


def test_a_worker_that_dies_leaves_its_marks(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.write([batch(*_counter([0, 10]))])

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(quarter_hours, "settle", dies)
        with pytest.raises(KeyboardInterrupt):
            worker.step()
    worker.drain()
    assert len(slots()) == 1


def test_one_meter_that_cannot_be_settled_does_not_stop_the_others(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.write([batch(*_counter([0, 10]), *_counter([0, 10], meter="m2"))])
    bad, settle = ask("select id from meter where code = 'm1'")[0][0], quarter_hours.settle

    def breaks(tx: Any, meters: Any, marks: Any, now_us: int) -> None:
        if bad in marks.meter_id:
            raise ArithmeticError("broken")
        settle(tx, meters, marks, now_us)

    monkeypatch.setattr(quarter_hours, "settle", breaks)
    worker.drain()
    assert len(slots("m2")) == 1
    assert slots("m1") == {}
    assert ask("select distinct meter_id, stage from dirty") == [(bad, Stage.ENERGY)]


def test_settling_again_changes_nothing(
    writer: Writer, worker: Worker, batch: Made, ask: Ask, three: Database
) -> None:
    writer.write([batch(*_counter([0, 10, 30, 50, 55, 60, 3, 5, 9]))])
    worker.drain()
    before = _tables(ask)
    assert all(before)
    with three.connection() as conn:
        conn.execute(
            "insert into dirty (meter_id, stage, lo, hi)"
            " select meter_id, 'energy', min(time), max(time) from reading group by 1"
        )
    worker.drain()
    assert repr(_tables(ask)) == repr(before)


def _tables(ask: Ask) -> list[list[tuple[Any, ...]]]:
    return [
        ask("select * from energy order by meter_id, quantity, day"),
        ask("select * from daily order by meter_id, quantity, day"),
        ask("select * from emission order by meter_id, quantity, day, revision"),
        ask("select * from reading_flag order by meter_id, time, quantity, flag"),
    ]


def test_what_is_settled_stays_where_the_readings_are_gone(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, three: Database
) -> None:
    writer.write([batch(*_counter([0, 10, 20, 30, 40]))])
    worker.drain()
    with three.connection() as conn:
        conn.execute("delete from reading where time < to_timestamp(%s)", [START + 2 * QUARTER])
    writer.write([batch(*_counter([35], start=START + 3 * QUARTER + 450))])
    worker.drain()
    assert _amounts(slots()) == dict.fromkeys(range(4), 10.0)


def test_history_far_apart_is_settled_in_its_own_ranges(
    writer: Writer, worker: Worker, batch: Made, slots: Slots
) -> None:
    year = int(timedelta(days=365).total_seconds())
    writer.write([batch(*_counter([40, 50])), batch(*_counter([0, 30], start=START - year))])
    worker.drain()
    found = slots()
    assert found[START] == (pytest.approx(10.0), 1.0)
    assert found[START - year] == (pytest.approx(30.0), 1.0)
