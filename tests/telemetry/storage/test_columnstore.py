"""Readings in the Community edition's columnstore take late rows and merges as others do, and leave."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from ingest.batch import Batch, Outcome
from telemetry.model import Chunks
from telemetry.storage import retention, server
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("converted")]

Made = Callable[..., Batch]
Ask = Callable[..., list[tuple[Any, ...]]]

START = int(datetime(2023, 5, 4, tzinfo=UTC).timestamp())
"""A Thursday, where a chunk of a week begins."""
ROWS = 700
ROW = "from reading r join meter m on m.id = r.meter_id where m.code = 'm1' and r.time = to_timestamp(%s)"
COLUMNS = "select count(*) from timescaledb_information.chunks where is_compressed"


@pytest.fixture
def ask(migrated_url: str) -> Ask:
    def fetched(statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(migrated_url) as conn:
            return conn.execute(statement, values).fetchall()  # type: ignore[call-overload, no-any-return]

    return fetched


@pytest.fixture
def converted(three: Database, writer: Writer, batch: Made, to_columns: Callable[[], None]) -> None:
    """A week of two meters, turned into columns."""
    with three.connection() as tx:
        if "columns after" not in server.arrange(tx, Chunks(columnstore=1)):
            pytest.skip("does not apply: only the Community edition of TimescaleDB has a columnstore")
    writer.write([_week(batch, "m1"), _week(batch, "m2")])
    to_columns()


def _week(batch: Made, meter: str) -> Batch:
    return batch(*((meter, START + 600 * n, {"energy_import": float(n)}) for n in range(ROWS)))


def test_the_policy_of_the_service_turns_old_chunks_into_columns(
    ask: Ask,
) -> None:
    assert ask(COLUMNS) == [(1,)]
    set_by = "select attname, segmentby_column_index, orderby_column_index, orderby_asc"
    assert ask(f"{set_by} from timescaledb_information.compression_settings order by 1") == [
        ("meter_id", 1, None, None),
        ("time", None, 1, False),
    ]


@pytest.mark.parametrize("again", [False, True])
def test_late_rows_enter_once(
    to_columns: Callable[[], None],
    writer: Writer,
    batch: Made,
    ask: Ask,
    *,
    again: bool,
) -> None:
    late = batch(*(("m1", START + 600 * n + 300, {"energy_import": n + 0.5}) for n in range(ROWS)))
    assert set(writer.write([late])[0]) == {Outcome.ACCEPTED}
    if again:
        to_columns()
    assert set(writer.write([late, _week(batch, "m1")])[0]) == {Outcome.DUPLICATE}
    to_columns()
    assert ask("select count(*), sum(energy_import) from reading") == [
        (3 * ROWS, 3 * (ROWS - 1) * ROWS / 2 + ROWS / 2)
    ]
    assert ask(COLUMNS) == [(1,)]


def test_a_partial_row_merges_and_a_differing_value_is_kept_aside(
    to_columns: Callable[[], None],
    writer: Writer,
    batch: Made,
    ask: Ask,
) -> None:
    writer.write([batch(("m1", START + 600, {"energy_import": 1.0, "active_power": 7.0}))])
    writer.write([batch(("m1", START + 600, {"energy_import": 99.0, "frequency": 50.0}))])
    to_columns()
    columns = "energy_import, active_power, frequency"
    assert ask(f"select {columns} {ROW}", START + 600) == [(1.0, 7.0, 50.0)]
    assert ask("select standing, offered from conflict") == [(1.0, 99.0)]
    assert ask("select count(*) from reading") == [(2 * ROWS,)]


def test_many_values_that_fill_holes_are_no_more_than_the_server_takes(
    writer: Writer,
    batch: Made,
    ask: Ask,
    three: Database,
) -> None:
    with three.connection() as tx:
        limit = tx.execute("show timescaledb.max_tuples_decompressed_per_dml_transaction").fetchone()
    assert limit == ("0",)
    writer.write([batch(*(("m2", START + 600 * n, {"active_power": 1.0}) for n in range(ROWS)))])
    assert ask("select count(*), sum(active_power) from reading") == [(2 * ROWS, float(ROWS))]


def test_chunks_of_columns_leave_by_their_age(three: Database, ask: Ask) -> None:
    gone = retention.expire_readings(three, datetime(2023, 6, 30, tzinfo=UTC), 8)
    assert (gone, ask("select count(*) from reading")) == (2, [(0,)])
    assert ask("select until from expired") == [(datetime(2023, 5, 11, tzinfo=UTC),)] * 2
