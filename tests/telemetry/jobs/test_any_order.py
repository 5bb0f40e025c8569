"""Any split, order, duplication or delay of the same readings settles to the same tables."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ingest.batch import Batch
from ingest.checks import Doubt
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

START = int(datetime(2023, 5, 10, 12, tzinfo=UTC).timestamp())
END = START + 300 * 3600.0
TABLES = (
    "reading",
    "latest",
    "dirty",
    "energy",
    "daily",
    "emission",
    "reading_flag",
    "seen",
    "batch",
    "conflict",
)
Row = tuple[str, int, dict[str, float]]
_SETTLED = """
    select quantity, time, flag from reading_flag where flag <> all(%(doubts)s) order by 1, 2, 3
"""
"""Doubts are told as readings come; only what settlement finds must not depend on their order."""
Outcome = tuple[dict[Any, Any], list[Any], dict[Any, Any]]


@st.composite
def _series(draw: st.DrawFn) -> list[Row]:
    """A counter with pauses, zeros, dips, resets, and rows that hold something else."""
    rows: list[Row] = []
    value, at = 1000.0, START + draw(st.integers(0, 1500))
    for _ in range(draw(st.integers(2, 14))):
        what = draw(st.sampled_from(["on"] * 6 + ["zero", "dip", "reset", "other", "gap", "far"]))
        at += {"gap": 3 * 3600, "far": 11 * 3600}.get(what, draw(st.sampled_from([5, 300, 900, 1100])))
        value = draw(st.sampled_from([0.0, 3.0])) if what == "reset" else value + draw(st.integers(0, 40))
        shown = {"zero": 0.0, "dip": value / 2}.get(what, value)
        rows.append(("m1", at, {"voltage": 230.0} if what == "other" else {"energy_import": shown}))
    return rows


@st.composite
def _deliveries(draw: st.DrawFn) -> tuple[list[Row], list[tuple[list[Row], bool]]]:
    """Rows, and how they come: shuffled, some twice, in parts with a settlement after some."""
    rows = draw(_series())
    sent = draw(st.permutations(rows)) + draw(st.lists(st.sampled_from(rows), max_size=4))
    cuts = sorted(draw(st.sets(st.integers(1, len(sent)), max_size=5)) | {len(sent)})
    parts = [sent[a:b] for a, b in zip([0, *cuts], cuts, strict=False)]
    return rows, [(part, draw(st.booleans())) for part in parts]


class Park:
    """A database that is emptied between runs."""

    def __init__(self, db: Database, basis: Basis, batch: Callable[..., Batch]) -> None:
        self.db, self.basis, self.batch = db, basis, batch

    def run(self, parts: Sequence[tuple[list[Row], bool]], clock: Callable[[int], float]) -> Outcome:
        """Deliver, settling where told; `clock` gives the wall's time [s] from the newest reading sent."""
        with self.db.connection() as conn:
            for table in TABLES:
                conn.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
        wall = [clock(START)]
        writer, worker = Writer(self.db, lambda: wall[0]), Worker(self.db, self.basis, lambda: wall[0])
        for rows, settled in parts:
            wall[0] = max(wall[0], clock(max(at for _, at, _ in rows)))
            writer.write([self.batch(*rows)])
            if settled:
                worker.drain()
        writer.close()
        wall[0] = END
        worker.start()
        worker.drain()
        return self.outcome()

    def outcome(self) -> Outcome:
        with self.db.connection() as conn:
            energy = conn.execute("select quantity, day, amount, coverage from energy").fetchall()
            flags = conn.execute(_SETTLED, {"doubts": [str(doubt) for doubt in Doubt]}).fetchall()
            daily = conn.execute(
                "select quantity, day, amount, coverage, estimated, peak from daily"
            ).fetchall()
        return {(q, d): (a, c) for q, d, a, c in energy}, flags, {(q, d): rest for q, d, *rest in daily}


@pytest.fixture
def park(
    migrated_url: str,
    three: Database,  # noqa: ARG001  # the park that it holds
    basis: Basis,
    batch: Callable[..., Batch],
) -> Iterator[Park]:
    quick = Database.open(make_conninfo(migrated_url, options="-c synchronous_commit=off"))
    yield Park(quick, basis, batch)
    quick.close()


def _same(one: Outcome, other: Outcome) -> None:
    assert one[1] == other[1]
    for mine, theirs in ((one[0], other[0]), (one[2], other[2])):
        assert mine.keys() == theirs.keys()
        for key, values in mine.items():
            for a, b in zip(values, theirs[key], strict=True):
                np.testing.assert_allclose(_floats(a), _floats(b), rtol=1e-9, atol=1e-9)


def _floats(cell: Any) -> Any:
    return np.array(cell, np.float64)


_SLOWLY = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_SLOWLY
@given(_deliveries())
def test_late(park: Park, delivery: tuple[list[Row], list[tuple[list[Row], bool]]]) -> None:
    rows, parts = delivery
    note(f"{rows} {parts}")
    event(f"{len(parts)} parts")
    _same(park.run(parts, lambda _: END), park.run([(rows, True)], lambda _: END))


@_SLOWLY
@given(_deliveries(), st.integers(-400, 2000))
def test_live(park: Park, delivery: tuple[list[Row], list[tuple[list[Row], bool]]], ahead: int) -> None:
    """The wall's clock runs `ahead` seconds before the readings or behind them."""
    rows, parts = delivery
    note(f"{rows} {parts}")
    _same(park.run(parts, lambda newest: newest + ahead), park.run([(rows, True)], lambda _: END))
