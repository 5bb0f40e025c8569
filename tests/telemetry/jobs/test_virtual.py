"""Virtual meters follow the meters that they are reckoned from, whatever comes when."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ingest.batch import Batch
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.model import Site
from telemetry.storage.errors import FormulaCircle
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

Made = Callable[..., Batch]
Slots = Callable[..., dict[int, tuple[Any, Any]]]
Ask = Callable[..., list[tuple[Any, ...]]]
MakeSite = Callable[..., Site]

START = int(datetime(2023, 5, 10, 0, tzinfo=UTC).timestamp())
QUARTER, HOUR = 900, 3600
REST = {"code": "v1", "formula": {"energy_import": "m1.energy_import - m2.energy_import"}}
NESTED = {"code": "v2", "formula": {"energy_import": "0.5 * v1.energy_import + m3.energy_import"}}
METERS = [{"code": "m1"}, {"code": "m2"}, {"code": "m3"}]


def _counter(meter: str, values: Sequence[float], start: int = START) -> list[Any]:
    return [(meter, start + n * QUARTER, {"energy_import": v}) for n, v in enumerate(values)]


def _amounts(found: dict[int, tuple[Any, Any]]) -> dict[int, Any]:
    return {(at - START) // QUARTER: pytest.approx(amount) for at, (amount, _) in found.items()}


@pytest.fixture
def virtual(three: Database, make_site: MakeSite, now: datetime) -> Database:
    apply_site(three, make_site(*METERS, REST, NESTED), now)
    return three


@pytest.mark.usefixtures("virtual")
def test_it_is_the_sum_of_its_terms_and_missing_where_one_is(
    writer: Writer, worker: Worker, batch: Made, slots: Slots
) -> None:
    writer.write([batch(*_counter("m1", [0, 10, 20, 30, 40]), *_counter("m2", [0, 1, 3]))])
    worker.drain()
    assert _amounts(slots("v1")) == {0: 9.0, 1: 8.0}
    assert slots("v2") == {}
    writer.write([batch(*_counter("m3", [5, 6, 8, 11, 15]), *_counter("m2", [6], START + 3 * QUARTER))])
    worker.drain()
    assert _amounts(slots("v1")) == {0: 9.0, 1: 8.0, 2: 7.0}
    assert _amounts(slots("v2")) == {0: 5.5, 1: 6.0, 2: 6.5}


@pytest.mark.usefixtures("virtual")
def test_it_is_estimated_where_a_term_is(writer: Writer, worker: Worker, batch: Made, slots: Slots) -> None:
    gap = [("m2", START + at * QUARTER, {"energy_import": at}) for at in (0, 1, 3, 4)]
    writer.write([batch(*_counter("m1", [0, 10, 20, 30, 40]), *gap)])
    worker.drain()
    assert [coverage for _, coverage in slots("v1").values()] == [1, 0, 0, 1]
    assert _amounts(slots("v1")) == dict.fromkeys(range(4), 9.0)


@pytest.mark.usefixtures("virtual")
def test_late_readings_of_a_term_re_reckon_it_and_leave_no_stale_value(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, ask: Ask
) -> None:
    rows = [*_counter("m1", [0, 10, 20, 30, 40]), *_counter("m3", [0, 1, 2, 3, 4])]
    writer.write([batch(*rows, *_counter("m2", [0, 0, 0, 0, 0]))])
    worker.drain()
    assert ask("select amount from daily d join meter m on m.id = d.meter_id where code = 'v2'") == [(24.0,)]
    writer.write([batch(("m1", START + 2 * QUARTER - 300, {"energy_import": 18}))])
    writer.write([batch(("m2", START + 5 * QUARTER, {"energy_import": 3}))])
    worker.drain()
    assert ask("select * from dirty") == []
    assert _amounts(slots("v1")) == _amounts(
        {at: (one - slots("m2").get(at, (np.nan,))[0], 1) for at, (one, _) in slots("m1").items()}
    )


def test_its_editions_hold_from_their_dates(
    writer: Writer, worker: Worker, batch: Made, slots: Slots, three: Database, make_site: MakeSite
) -> None:
    writer.write([batch(*_counter("m1", [0, 10, 20, 30, 40]), *_counter("m2", [0, 1, 2, 3, 4]))])
    worker.drain()
    half = datetime.fromtimestamp(START + 2 * QUARTER, UTC)
    second = {"from": half, "formula": {"energy_export": "2 * m2.energy_import"}}
    apply_site(three, make_site(*METERS, REST | {"history": [second]}), datetime.now(UTC))
    worker.drain()
    assert _amounts(slots("v1")) == {0: 9.0, 1: 9.0}
    assert _amounts(slots("v1", "energy_export")) == {2: 2.0, 3: 2.0}
    apply_site(three, make_site(*METERS, REST | {"history": []}), datetime.now(UTC))
    worker.drain()
    assert _amounts(slots("v1")) == {0: 9.0, 1: 9.0}


def test_an_undated_formula_holds_from_its_loading_and_a_dated_one_replaces_what_was_reckoned(
    writer: Writer,
    worker: Worker,
    batch: Made,
    slots: Slots,
    ask: Ask,
    virtual: Database,
    make_site: MakeSite,
) -> None:
    writer.write([batch(*_counter("m1", [0, 10, 20, 30, 40]), *_counter("m2", [0, 1, 2, 3, 4]))])
    worker.drain()
    later = datetime.fromtimestamp(START + 2 * QUARTER - 60, UTC)
    other = {"code": "v1", "formula": {"energy_import": "m1.energy_import"}}
    apply_site(virtual, make_site(*METERS, other), later)
    worker.drain()
    assert _amounts(slots("v1")) == {0: 9.0, 1: 9.0, 2: 10.0, 3: 10.0}
    dated = [{"from": datetime(2020, 1, 1, tzinfo=UTC), "formula": {"energy_export": "m1.energy_import"}}]
    apply_site(virtual, make_site(*METERS, other | {"history": dated}), later)
    worker.drain()
    assert slots("v1") == {}
    assert ask(
        "select distinct quantity from daily d join meter m on m.id = d.meter_id where code = 'v1'"
    ) == [("energy_export",)]
    assert _amounts(slots("v1", "energy_export")) == dict.fromkeys(range(4), 10.0)


@pytest.mark.usefixtures("virtual")
def test_it_is_neither_priced_nor_emitting_beside_its_terms(
    writer: Writer, worker: Worker, batch: Made, ask: Ask
) -> None:
    writer.write([batch(*_counter("m1", [0, 10, 20]), *_counter("m2", [0, 1, 2]))])
    worker.drain()
    asked = (
        "select code, cost, tce, unpriced from daily d join meter m on m.id = d.meter_id where code = 'v1'"
    )
    ((code, cost, tce, reason),) = ask(asked)
    assert (code, cost, tce) == ("v1", None, None)
    assert "reckoned from are priced" in reason
    emitting = "select distinct code from emission e join meter m on m.id = e.meter_id order by 1"
    assert ask(emitting) == [("m1",), ("m2",)]


def test_at_a_boundary_it_stands_for_its_terms(
    writer: Writer, worker: Worker, batch: Made, ask: Ask, three: Database, make_site: MakeSite, now: datetime
) -> None:
    apply_site(three, make_site(*METERS, REST | {"role": "boundary", "area": "hall"}), now)
    writer.write([batch(*_counter("m1", [0, 10, 20]), *_counter("m2", [0, 1, 2]))])
    worker.drain()
    assert ask("select tce > 0 from daily d join meter m on m.id = d.meter_id where code = 'v1'") == [(True,)]
    asked = "select distinct kg from emission e join meter m on m.id = e.meter_id where code = 'v1'"
    assert ask(asked) == [(pytest.approx(18 * 0.4419),)]
    apply_site(
        three, make_site(*METERS, REST | {"role": "check", "area": "hall"}), datetime(2020, 1, 1, tzinfo=UTC)
    )
    worker.drain()
    assert ask(asked) == []


@pytest.mark.usefixtures("virtual")
def test_what_is_posted_under_its_code_is_kept_aside(writer: Writer, batch: Made, ask: Ask) -> None:
    writer.write([batch(("v1", START, {"energy_import": 7.0}))])
    assert ask("select meter from stray") == [("v1",)]
    assert ask("select * from reading") == []


def test_formulas_that_become_a_circle_with_those_of_the_past_are_refused(
    virtual: Database, make_site: MakeSite
) -> None:
    first = {"code": "v1", "formula": {"energy_import": "m1.energy_import"}}
    apply_site(virtual, make_site(*METERS, first), datetime(2026, 7, 1, tzinfo=UTC))
    dated = {"from": datetime(2020, 1, 1, tzinfo=UTC), "formula": {"energy_import": "v2.energy_import"}}
    second = {"code": "v2", "formula": {"energy_import": "m3.energy_import"}}
    with pytest.raises(FormulaCircle, match=r"v1 -> v2 -> v1|v2 -> v1 -> v2"):
        apply_site(
            virtual,
            make_site(*METERS, first | {"history": [dated]}, second),
            datetime(2026, 8, 1, tzinfo=UTC),
        )


Row = tuple[str, int, dict[str, float]]
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


@st.composite
def _deliveries(draw: st.DrawFn) -> list[tuple[list[Row], bool]]:
    """Rows of three counters with gaps and resets, shuffled and in parts, some followed by a settlement."""
    rows: list[Row] = []
    for meter in ("m1", "m2", "m3"):
        value, at = 100.0, START + draw(st.integers(0, 1500))
        for _ in range(draw(st.integers(2, 8))):
            value = 0.0 if draw(st.integers(0, 7)) == 0 else value + draw(st.integers(0, 40)) / 7
            at += draw(st.sampled_from([300, 900, 1100, 3 * HOUR, 30 * HOUR]))
            rows.append((meter, at, {"energy_import": value}))
    sent = draw(st.permutations(rows))
    cuts = sorted(draw(st.sets(st.integers(1, len(sent)), max_size=5)) | {len(sent)})
    return [(sent[a:b], draw(st.booleans())) for a, b in zip([0, *cuts], cuts, strict=False)]


@pytest.fixture
def quick(migrated_url: str, virtual: Database) -> Iterator[Database]:  # noqa: ARG001  # the park that it holds
    opened = Database.open(make_conninfo(migrated_url, options="-c synchronous_commit=off"))
    yield opened
    opened.close()


def _settled(db: Database) -> dict[tuple[str, Any], tuple[Any, Any]]:
    asked = "select code, day, amount, coverage from energy e join meter m on m.id = e.meter_id"
    with db.connection() as conn:
        return {(code, day): (np.array(a), np.array(c)) for code, day, a, c in conn.execute(asked).fetchall()}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(_deliveries(), st.integers(-400, 100_000))
def test_whatever_comes_in_whichever_order_it_is_the_formula_of_its_terms(
    quick: Database, basis: Basis, batch: Made, parts: list[tuple[list[Row], bool]], ahead: int
) -> None:
    with quick.connection() as conn:
        for table in TABLES:
            conn.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
    wall = [float(START)]
    writer, worker = Writer(quick, lambda: wall[0]), Worker(quick, basis, lambda: wall[0])
    for rows, settled in parts:
        wall[0] = max(wall[0], max(at for _, at, _ in rows) + ahead)
        writer.write([batch(*rows)])
        if settled:
            worker.drain()
    writer.close()
    worker.drain()
    found = _settled(quick)
    nothing = (np.full(96, np.nan), np.zeros(96))
    for day in {day for _, day in found}:
        m1, m2, m3, v1, v2 = (found.get((code, day), nothing) for code in ("m1", "m2", "m3", "v1", "v2"))
        np.testing.assert_allclose(v1[0], m1[0] - m2[0], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(v2[0], (m1[0] - m2[0]) / 2 + m3[0], rtol=1e-9, atol=1e-9)
        least = np.minimum(m1[1], m2[1])
        np.testing.assert_array_equal(v1[1], np.where(np.isnan(v1[0]), 0, least))
        np.testing.assert_array_equal(v2[1], np.where(np.isnan(v2[0]), 0, np.minimum(least, m3[1])))
