"""Corrected readings settle to what they would have settled to, had they come like that."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ingest.batch import Batch
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.reports.correcting import Desk
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

START = int(datetime(2023, 5, 10, 12, tzinfo=UTC).timestamp())
TABLES = (
    "correction_reading",
    "correction",
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
Shown = dict[int, float]
"""By time [s]."""
_LONG = [101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0, 108.0, 120.0, 146.0]
_WITHDRAWN = {
    300: 100.75,
    2400: 134.25,
    600: None,
    900: None,
    1800: 100.75,
    1200: None,
    1500: 131.75,
    2700: 100.75,
    2100: 100.75,
    3000: None,
}
"""After it a reading was judged by more neighbours than a settlement then read."""


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Shown, dict[int, float | None], list[int]]:
    """Readings of a counter, what some of them are corrected to (None: withdrawn), and which come again."""
    value, at, shown = 100.0, START, {}
    for _ in range(draw(st.integers(2, 12) | st.integers(2, 60))):
        value = 5.0 if draw(st.integers(0, 9)) == 0 else value + draw(st.integers(1, 40))
        at += draw(st.sampled_from([300, 900, 1100, 3 * 3600]))
        shown[at] = value
    wrong = draw(st.lists(st.sampled_from(sorted(shown)), min_size=1, unique=True))
    corrected = {time: draw(st.none() | st.integers(201, 400).map(lambda n: n / 2 + 0.25)) for time in wrong}
    return shown, corrected, draw(st.permutations(sorted(shown)))


class Park:
    """A database that is emptied between runs."""

    def __init__(self, db: Database, basis: Basis, batch: Callable[..., Batch]) -> None:
        self.db, self.batch = db, batch
        self.worker = Worker(db, basis, lambda: START + 400 * 3600.0)

    def write(self, shown: Shown) -> None:
        writer = Writer(self.db, lambda: START + 400 * 3600.0)
        if shown:
            writer.write([self.batch(*(("m1", at, {"energy_import": v}) for at, v in shown.items()))])
        writer.close()

    def empty(self) -> None:
        with self.db.connection() as conn:
            conn.execute("update correction set undoes = null, undone_by = null")
            for table in TABLES:
                conn.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))

    def correct(self, **posted: Any) -> int:
        whole = {"who": "li.na", "reason": "a test", **posted}
        with self.db.connection() as tx:
            return Desk(tx, ZoneInfo("UTC"), datetime.now(UTC)).make(whole)

    def put_right(self, at: int, value: float | None) -> int:
        time, one = _iso(at), {"meter": "m1", "quantity": "energy_import"}
        if value is None:
            return self.correct(kind="withdraw", **one, **{"from": time, "to": _iso(at + 1)})
        return self.correct(kind="replace", **one, readings=[{"time": time, "value": value}])

    def settled(self) -> dict[Any, Any]:
        self.worker.drain()
        asked = "select day, amount, coverage from energy where quantity = 'energy_import'"
        with self.db.connection() as conn:
            days = conn.execute("select day, amount from daily").fetchall()
            found = conn.execute(asked).fetchall()
        return {day: np.array([a, c], np.float64) for day, a, c in found} | {("daily", d): a for d, a in days}


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


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


def _same(one: dict[Any, Any], other: dict[Any, Any]) -> None:
    assert one.keys() == other.keys()
    for key, values in one.items():
        np.testing.assert_allclose(values, other[key], rtol=1e-9, atol=1e-9)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(case=_cases(), settled_before=st.booleans(), settled_between=st.booleans())
@example(
    case=(
        {START + 300 * (n + 1): value for n, value in enumerate(_LONG)},
        {START + at: value for at, value in _WITHDRAWN.items()},
        [],
    ),
    settled_before=False,
    settled_between=True,
)
def test_whatever_came_before_and_comes_again(
    park: Park,
    case: tuple[Shown, dict[int, float | None], list[int]],
    settled_before: bool,  # drawn
    settled_between: bool,  # drawn
) -> None:
    shown, corrected, again = case
    park.empty()
    right = {at: corrected.get(at, value) for at, value in shown.items()}
    park.write({at: value for at, value in right.items() if value is not None})
    expected = park.settled()
    park.empty()
    park.write(shown)
    before = park.settled() if settled_before else None
    made = []
    for at, value in corrected.items():
        made.append(park.put_right(at, value))
        if settled_between:
            park.worker.drain()
    park.write({at: shown[at] for at in again})
    _same(park.settled(), expected)
    for number in reversed(made):
        park.correct(kind="undo", correction=number)
    if before is not None:
        _same(park.settled(), before)
