import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from ingest.batch import Batch, Outcome
from ingest.errors import StoreUnavailable
from telemetry.model import Site
from telemetry.storage import merge
from telemetry.storage.approach import Approach
from telemetry.storage.latest import NEVER, changed_since
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

Made = Callable[..., Batch]
A, D, C, U = Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.CONFLICT, Outcome.UNKNOWN_METER


def _outcomes(writer: Writer, *batches: Batch) -> list[list[int]]:
    return [list(outcome) for outcome in writer.write(batches)]


def _ask(db: Database, question: str) -> list[tuple[Any, ...]]:
    with db.connection() as conn:
        return conn.execute(question).fetchall()


def _readings(db: Database) -> list[tuple[Any, ...]]:
    return _ask(
        db,
        "select m.code, extract(epoch from r.time)::int, r.energy_import, r.active_power"
        " from reading r join meter m on m.id = r.meter_id order by 1, 2",
    )


def test_rows_stand_after_a_write_with_holes_as_nulls(writer: Writer, three: Database, batch: Made) -> None:
    rows = batch(("m2", 20, {"active_power": 2.5}), ("m1", 10, {"energy_import": 1.0, "active_power": 7.0}))
    assert _outcomes(writer, rows) == [[A, A]]
    assert _readings(three) == [("m1", 10, 1.0, 7.0), ("m2", 20, None, 2.5)]


def test_writing_twice_changes_nothing(writer: Writer, three: Database, batch: Made) -> None:
    rows = batch(("m1", 10, {"energy_import": 1.0}), ("m1", 20, {"energy_import": 2.0}))
    assert _outcomes(writer, rows) == [[A, A]]
    assert _outcomes(writer, rows) == [[D, D]]
    assert _readings(three) == [("m1", 10, 1.0, None), ("m1", 20, 2.0, None)]


def test_a_partial_row_completes_the_one_that_stands(writer: Writer, three: Database, batch: Made) -> None:
    writer.write([batch(("m1", 10, {"energy_import": 1.0}))])
    assert _outcomes(writer, batch(("m1", 10, {"active_power": 5.0}), ("m1", 20, {"active_power": 6.0}))) == [
        [A, A]
    ]
    assert _readings(three) == [("m1", 10, 1.0, 5.0), ("m1", 20, None, 6.0)]


def test_another_value_is_kept_aside_and_the_rest_completes(
    writer: Writer, three: Database, batch: Made
) -> None:
    writer.write([batch(("m1", 10, {"energy_import": 1.0}))])
    other = batch(("m1", 10, {"energy_import": 9.0, "active_power": 5.0}))
    assert _outcomes(writer, other) == [[C]]
    assert _outcomes(writer, other) == [[C]]
    assert _readings(three) == [("m1", 10, 1.0, 5.0)]
    assert _ask(three, "select quantity, standing, offered from conflict") == [("energy_import", 1.0, 9.0)]


def test_the_same_row_again_inside_one_write(writer: Writer, three: Database, batch: Made) -> None:
    first = batch(("m1", 10, {"energy_import": 1.0}), ("m1", 10, {"energy_import": 1.0}), source="a")
    second = batch(("m1", 10, {"energy_import": 3.0}), ("m1", 10, {"active_power": 5.0}), source="b")
    assert _outcomes(writer, first, second) == [[A, D], [C, A]]
    assert _readings(three) == [("m1", 10, 1.0, 5.0)]


def test_a_row_in_which_nothing_was_read_is_no_row(writer: Writer, three: Database, batch: Made) -> None:
    rows = batch(("m1", 10, {"energy_import": float("nan")}), ("m2", 10, {"energy_import": 1.0}))
    assert _outcomes(writer, rows) == [[D, A]]
    assert _readings(three) == [("m2", 10, 1.0, None)]


def test_unknown_meters_stray_and_the_good_part_is_kept(writer: Writer, three: Database, batch: Made) -> None:
    rows = batch(("who", 10, {"energy_import": 1.0}), ("m1", 10, {"energy_import": 2.0, "active_power": 1.0}))
    assert _outcomes(writer, rows) == [[U, A]]
    assert _outcomes(writer, rows) == [[U, D]]
    assert _ask(three, "select source, meter, values from stray") == [("push", "who", {"energy_import": 1.0})]


def test_a_meter_declared_later_is_known_at_its_next_row(
    writer: Writer, three: Database, batch: Made, make_site: Callable[..., Site], now: datetime
) -> None:
    assert _outcomes(writer, batch(("m4", 10, {"energy_import": 1.0}))) == [[U]]
    apply_site(three, make_site({"code": "m4"}), now)
    assert _outcomes(writer, batch(("m4", 20, {"energy_import": 1.0}))) == [[A]]
    writer.refresh()
    assert _outcomes(writer, batch(("m1", 20, {"energy_import": 1.0}))) == [[U]]


def test_each_row_leads_back_to_its_batch(writer: Writer, three: Database, batch: Made) -> None:
    writer.write([batch(("m1", 10, {"energy_import": 1.0}), source="a")])
    writer.write(
        [batch(("m1", 20, {"energy_import": 1.0}), source="a"), batch(("m2", 5, {"demand": 1.0}), source="b")]
    )
    assert _ask(
        three,
        "select m.code, extract(epoch from r.time)::int, b.source, b.row_count"
        " from reading r join batch b on b.id = r.batch_id join meter m on m.id = r.meter_id order by 1, 2",
    ) == [("m1", 10, "a", 1), ("m1", 20, "a", 1), ("m2", 5, "b", 1)]


def test_after_rows_that_stood_the_source_is_looked_at_first(
    writer: Writer, batch: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []
    put = merge.put

    def counted(conn: Any, rows: Any, sources: Any, approach: Approach) -> merge.Written:
        looks.append(bool(approach.look.any()))
        return put(conn, rows, sources, approach)

    monkeypatch.setattr(merge, "put", counted)
    for seconds in (10, 20, 20, 30):
        writer.write([batch(("m1", seconds, {"energy_import": 1.0}))])
    assert looks == [False, False, False, True, True]


def test_what_completes_rows_is_written_without_a_look_from_then_on(
    writer: Writer, three: Database, batch: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    look = merge._look

    def counted(conn: Any, rows: Any, groups: Any) -> Any:
        looks.append(len(groups))
        return look(conn, rows, groups)

    seconds = (10, 20, 30, 40)
    writer.write([batch(*(("m1", s, {"energy_import": 1.0 * s}) for s in seconds), source="counters")])
    monkeypatch.setattr(merge, "_look", counted)
    for s in seconds[1:]:
        assert _outcomes(writer, batch(("m1", s, {"active_power": 5.0}), source="gauges")) == [[A]]
    assert looks == [0, 1, 0, 0]
    assert _readings(three) == [("m1", 10, 10.0, None), *(("m1", s, 1.0 * s, 5.0) for s in seconds[1:])]


def test_a_source_that_completed_rows_sends_others_too(writer: Writer, three: Database, batch: Made) -> None:
    writer.write([batch(*(("m1", s, {"energy_import": 1.0}) for s in (10, 20, 30, 40, 50)), source="other")])
    writer.write([batch(("m1", 10, {"active_power": 5.0}), ("m1", 20, {"active_power": 5.0}))])
    mixed = batch(
        ("m1", 30, {"active_power": 5.0}),
        ("m1", 60, {"active_power": 5.0}),
        ("m1", 20, {"active_power": 5.0}),
        ("m1", 10, {"active_power": 7.0}),
        ("m1", 40, {"energy_import": 1.0, "active_power": 5.0}),
        ("m1", 50, {"energy_import": 9.0, "active_power": 5.0}),
    )
    assert _outcomes(writer, mixed) == [[A, A, D, C, A, C]]
    assert _outcomes(writer, mixed) == [[D, D, D, C, D, C]]
    assert _readings(three) == [*(("m1", s, 1.0, 5.0) for s in (10, 20, 30, 40, 50)), ("m1", 60, None, 5.0)]
    asked = "select extract(epoch from time)::int, standing, offered from conflict order by 1"
    assert _ask(three, asked) == [(10, 5.0, 7.0), (50, 1.0, 9.0)]


def test_rows_that_a_source_repeats_and_completes_at_once(
    writer: Writer, three: Database, batch: Made
) -> None:
    writer.write([batch(*(("m1", s, {"energy_import": 1.0}) for s in (10, 20)), source="other")])
    writer.write([batch(("m1", 10, {"active_power": 5.0}))])
    again = batch(("m1", 20, {"active_power": 5.0}), ("m1", 20, {"active_power": 6.0}))
    assert _outcomes(writer, again) == [[A, C]]
    assert _readings(three) == [("m1", 10, 1.0, 5.0), ("m1", 20, 1.0, 5.0)]


def test_two_threads_write_the_same_rows_and_each_row_stands_once(
    writer: Writer, three: Database, batch: Made
) -> None:
    quantities = ("energy_import", "active_power", "demand", "frequency")
    parts = [batch(*(("m1", s, {name: float(s)}) for s in range(200))) for name in quantities]
    outcomes: list[int] = []

    def write(part: Batch) -> None:
        for _ in range(2):
            outcomes.extend(int(o) for o in writer.write([part])[0])

    threads = [threading.Thread(target=write, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.bincount(outcomes).tolist() == [800, 800]
    whole = _ask(
        three, "select count(*) from reading where energy_import = active_power and demand = frequency"
    )
    assert whole == [(200,)]


def test_latest_holds_the_newest_reading_of_each_meter(writer: Writer, three: Database, batch: Made) -> None:
    writer.write(
        [batch(("m1", 20, {"energy_import": 2.0}), ("m1", 10, {"demand": 1.0}), ("m2", 5, {"demand": 3.0}))]
    )
    writer.write([batch(("m1", 15, {"energy_import": 1.5})), batch(("m1", 20, {"active_power": 4.0}))])
    writer.close()
    with three.connection() as conn:
        newest = changed_since(conn, 0, ["energy_import", "active_power", "demand"])
    assert newest.time.tolist() == [20_000_000, 5_000_000]
    np.testing.assert_array_equal(newest.values, [[2.0, 4.0, 1.0], [np.nan, np.nan, 3.0]])


def test_latest_keeps_what_other_rows_of_the_meter_showed_while_it_stands(
    writer: Writer, three: Database, batch: Made
) -> None:
    names = ["energy_import", "active_power", "demand"]
    writer.write([batch(("m1", 1, {"demand": 9.0}), ("m2", 1, {"demand": 8.0}))])
    writer.write(
        [
            batch(("m1", 20, {"energy_import": 2.0}), ("m2", 300, {"demand": 3.0})),
            batch(("m1", 21, {"active_power": 4.0})),
        ]
    )
    writer.write([batch(("m1", 140, {"active_power": 5.0}))])
    writer.write([batch(("m1", 30, {"energy_import": 7.0}))])
    writer.close()
    with three.connection() as conn:
        newest = changed_since(conn, 0, names)
    order = np.argsort(newest.meter_id)
    assert newest.time[order].tolist() == [140_000_000, 300_000_000]
    np.testing.assert_array_equal(newest.values[order], [[2.0, 5.0, np.nan], [np.nan, np.nan, 3.0]])


class Wall:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _shown(writer: Writer, three: Database) -> list[tuple[Any, ...]]:
    """What `latest` shows of m1."""
    writer._board.flush(three)
    question = "select extract(epoch from l.time)::int, l.energy_import, l.active_power from latest l"
    return _ask(three, f"{question} join meter m on m.id = l.meter_id where m.code = 'm1'")


def test_a_reading_from_the_future_gives_way_to_true_ones_that_come_later(
    three: Database, batch: Made
) -> None:
    wall = Wall()
    writer = Writer.open(three, wall)
    writer.write([batch(("m1", 4600, {"energy_import": 1.0, "active_power": 7.0}))])
    assert _shown(writer, three) == [(4600, 1.0, 7.0)]
    wall.now = 1010.0
    writer.write([batch(("m1", 990, {"energy_import": 0.5}))])
    assert _shown(writer, three) == [(4600, 1.0, 7.0)]
    writer.write([batch(("m1", 1009, {"energy_import": 1.1}))])
    assert _shown(writer, three) == [(1009, 1.1, None)]
    assert _ask(three, "select count(*) from alert_late") == [(2,)]
    writer.write([batch(("m1", 1010, {"active_power": 8.0}))])
    assert _shown(writer, three) == [(1010, 1.1, 8.0)]
    assert _ask(three, "select count(*) from alert_late") == [(2,)]
    writer.close()


def test_a_meter_whose_clock_is_always_ahead_is_shown_as_its_readings_come(
    three: Database, batch: Made
) -> None:
    wall = Wall()
    writer = Writer.open(three, wall)
    for at in (1000, 1010, 1020):
        wall.now = float(at)
        writer.write([batch(("m1", at + 600, {"energy_import": float(at)}))])
        assert _shown(writer, three) == [(at + 600, float(at), None)]
    writer.write([batch(("m1", 500, {"energy_import": 3.0}))])
    assert _shown(writer, three) == [(1620, 1020.0, None)]
    writer.close()


@pytest.mark.parametrize("by_s", [3600.0, 60.0])
def test_our_own_clock_may_be_set_back(three: Database, batch: Made, by_s: float) -> None:
    wall = Wall()
    writer = Writer.open(three, wall)
    wall.now = 1000.0 + by_s
    writer.write([batch(("m1", int(wall.now), {"energy_import": 1.0}), ("m2", 999, {"energy_import": 2.0}))])
    assert _shown(writer, three) == [(1000 + int(by_s), 1.0, None)]
    wall.now = 1005.0
    writer.write([batch(("m1", 1005, {"energy_import": 1.1}), ("m2", 500, {"energy_import": 1.0}))])
    assert _shown(writer, three) == [(1005, 1.1, None)]
    assert _ask(three, "select energy_import from latest order by 1") == [(1.1,), (2.0,)]
    writer.close()


def test_neither_a_start_nor_another_process_brings_the_future_back(three: Database, batch: Made) -> None:
    wall = Wall()
    first, second = Writer.open(three, wall), Writer.open(three, wall)
    first.write([batch(("m1", 4600, {"energy_import": 1.0}))])
    assert _shown(first, three) == [(4600, 1.0, None)]
    wall.now = 1010.0
    second.write([batch(("m1", 1010, {"energy_import": 1.1}))])
    assert _shown(second, three) == [(1010, 1.1, None)]
    first.close()
    second.close()
    third = Writer.open(three, wall)
    assert _shown(third, three) == [(1010, 1.1, None)]
    third.close()


class Overtaken(Writer):
    """Another thread learns the meters anew in the moment in which this one has learnt of further ones."""

    @property
    def _ids(self) -> dict[str, int]:  # type: ignore[override]
        return {}

    @_ids.setter
    def _ids(self, _: object) -> None: ...


def test_a_meter_is_known_to_who_asked_after_it_though_others_learn_at_once(
    three: Database, batch: Made, now: datetime
) -> None:
    with closing(Overtaken(three, now.timestamp)) as writer:
        assert _outcomes(writer, batch(("m1", 10, {"energy_import": 1.0}))) == [[A]]
    assert _readings(three) == [("m1", 10, 1.0, None)]


def test_latest_is_written_within_seconds_without_a_further_write(
    writer: Writer, three: Database, batch: Made
) -> None:
    writer.write([batch(("m1", 20, {"energy_import": 2.0}))])
    for _ in range(600):
        time.sleep(0.1)
        if _ask(three, "select energy_import from latest") == [(2.0,)]:
            break
    else:
        pytest.fail("latest was not flushed")


def test_a_start_repairs_latest_after_a_crash(three: Database, batch: Made, now: datetime) -> None:
    crashed = Writer(three, now.timestamp)
    crashed.write([batch(("m1", 20, {"energy_import": 2.0}), ("m1", 10, {"energy_import": 1.0}))])
    assert _ask(three, "select * from latest") == []
    Writer.open(three, now.timestamp).close()
    assert _ask(three, "select extract(epoch from time)::int, energy_import from latest") == [(20, 2.0)]


def test_a_start_takes_nothing_withdrawn_into_latest(three: Database, batch: Made, now: datetime) -> None:
    crashed = Writer(three, now.timestamp)
    crashed.write([batch(("m1", 20, {"energy_import": 2.0, "active_power": 3.0}))])
    with three.connection() as conn:
        conn.execute("update reading set energy_import = 'NaN'")
    Writer.open(three, now.timestamp).close()
    assert _ask(three, "select energy_import, active_power from latest") == [(None, 3.0)]


def test_quantities_seen_and_whether_they_moved(writer: Writer, three: Database, batch: Made) -> None:
    asked = "select m.code, quantity, moved from seen join meter m on m.id = meter_id order by 1, 2"
    writer.write([batch(("m1", 10, {"energy_import": 0.0, "demand": 1.0}), ("m2", 10, {"demand": 0.0}))])
    assert _ask(three, asked) == [
        ("m1", "demand", True),
        ("m1", "energy_import", False),
        ("m2", "demand", False),
    ]
    writer.write([batch(("m1", 20, {"energy_import": 5.0})), batch(("m2", 30, {"demand": 0.0}))])
    assert _ask(three, asked)[1:] == [("m1", "energy_import", True), ("m2", "demand", False)]


def test_a_server_that_is_away_is_named_and_found_again(
    database_url: str, migrated_url: str, three: Database, writer: Writer, batch: Made
) -> None:
    writer.write([batch(("m1", 10, {"energy_import": 1.0}))])
    name = conninfo_to_dict(migrated_url)["dbname"]
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(f'alter database "{name}" allow_connections false')
        conn.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        three._pool.timeout = 0.5
        with pytest.raises(StoreUnavailable):
            writer.write([batch(("m1", 20, {"energy_import": 2.0}))])
        conn.execute(f'alter database "{name}" allow_connections true')
    three._pool.timeout = 30
    assert _outcomes(writer, batch(("m1", 20, {"energy_import": 2.0}))) == [[A]]
    assert _readings(three) == [("m1", 10, 1.0, None), ("m1", 20, 2.0, None)]


def test_never_is_before_every_time() -> None:
    assert np.datetime64("-290000", "us").astype(np.int64) > NEVER
