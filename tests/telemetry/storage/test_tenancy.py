"""What a tenant's connection sees of another's, of its own before it came, and of what has no view."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import Connection, sql

from ingest.batch import Batch
from telemetry.model import Site
from telemetry.storage import energy, readings, registry, tenancy
from telemetry.storage.errors import ClosedToTenants, StorageError
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

MOVED = date(2026, 5, 20)
"""E2 has the hall from this day on, E1 had it before."""
HANDOVER = datetime(2026, 5, 19, 16, tzinfo=UTC)
QUARTER = 900
EVERY = [("E1",), ("E2",), ("E1-line",), ("hall",), ("E1", "E2"), ("nowhere",), ()]


def _area(code: str, kind: str, parent: str | None = "park") -> dict[str, Any]:
    return {"code": code, "kind": kind, "name": {"en": code, "zh": code}} | (
        {"parent": parent} if parent else {}
    )


def _park(make_site: Callable[..., Site]) -> Site:
    return make_site(
        {"code": "grid", "role": "boundary"},
        {"code": "one", "area": "E1", "role": "boundary", "parent": "grid"},
        {"code": "line", "area": "E1-line", "parent": "one"},
        {"code": "two", "area": "E2", "role": "boundary", "parent": "grid"},
        {"code": "let", "area": "hall", "role": "boundary", "parent": "grid"},
        {"code": "lent", "area": "E1", "parent": "one"},
        areas=[
            _area("park", "park", None),
            _area("E1", "enterprise"),
            _area("E1-line", "line", "E1"),
            _area("E2", "enterprise"),
            _area("hall", "workshop"),
        ],
        occupancies=[
            {"area": "hall", "enterprise": "E1", "to": MOVED - timedelta(days=1)},
            {"area": "hall", "enterprise": "E2", "from": MOVED},
            {"meter": "lent", "enterprise": "E2", "from": MOVED},
        ],
    )


OWN = {
    ("E1",): {"one", "line", "let"},
    ("E2",): {"two", "let", "lent"},
    ("E1-line",): {"line"},
    ("hall",): {"let"},
    ("E1", "E2"): {"one", "line", "two", "let", "lent"},
}


@pytest.fixture
def park(
    database: Database, make_site: Callable[..., Site], batch: Callable[..., Batch], now: datetime
) -> Database:
    """Readings and settled rows of five days around the handover, of every meter."""
    known = apply_site(database, _park(make_site), datetime(2026, 1, 1, tzinfo=UTC))
    writer = Writer.open(database, now.timestamp)
    begin = int((HANDOVER - timedelta(days=2)).timestamp())
    rows = [
        (meter.code, begin + hour * 3600, {"energy_import": 1.0 * hour, "active_power": 1.0})
        for meter in known.meters
        for hour in range(96)
    ]
    writer.write([batch(*rows)])
    writer.close()
    with database.connection() as conn:
        for meter in known.meters:
            _settled(conn, meter.id)
    return database


def _settled(conn: Connection[Any], meter: int) -> None:
    days = [MOVED + timedelta(days=n) for n in range(-2, 3)]
    for day in days:
        conn.execute(
            "insert into energy values (%s, 'energy_import', %s, array_fill(1.0::float8, array[96]),"
            " array_fill(1.0::real, array[96]))",
            [meter, day],
        )
        conn.execute(
            "insert into daily (meter_id, quantity, day, amount, coverage, estimated, provisional, cost,"
            " tariff, first_settled_at, settled_at)"
            " values (%s, 'energy_import', %s, 96, 1, 0, false, 9, 't', now(), now())",
            [meter, day],
        )
        conn.execute(
            "insert into emission (meter_id, quantity, day, basis, gas, revision, scope, kg, settled_at)"
            " values (%s, 'energy_import', %s, 'location', 'CO2', 'current', 2, 40, now())",
            [meter, day],
        )
    month = date(2026, 5, 1)
    conn.execute("insert into monthly values (%s, 'energy_import', %s, 480, 5, 5)", [meter, month])


def _tables(conn: Connection[Any]) -> list[str]:
    rows = conn.execute(
        "select relname from pg_class"
        " where relkind in ('r', 'p', 'v') and relnamespace = 'public'::regnamespace"
    )
    return [name for (name,) in rows]


@pytest.mark.parametrize("areas", EVERY)
def test_the_registry_names_nobody_else(park: Database, areas: tuple[str, ...]) -> None:
    with park.tenant(areas) as conn:
        known = registry.read(conn)
    own = OWN.get(areas, set())
    assert set(known.by_code) == own
    foreign = {"grid", "one", "line", "two", "let", "lent"} - own
    assert not {term.parent for meter in known.meters for term in meter.terms} & foreign
    others = {"E1", "E2"} - {each[:2] for each in areas}
    assert not {term.area for meter in known.meters for term in meter.terms} & others
    assert not {area.code for area in known.areas} & (others | {"park"})


def test_who_had_it_sees_up_to_the_handover_and_who_has_it_from_then_on(park: Database) -> None:
    for areas, first, last in [
        ("E1", MOVED - timedelta(days=2), MOVED - timedelta(days=1)),
        ("E2", MOVED, MOVED + timedelta(days=2)),
        ("hall", MOVED, MOVED + timedelta(days=2)),
    ]:
        with park.tenant([areas]) as conn:
            known = registry.read(conn).by_code["let"]
            days = conn.execute("select min(day), max(day) from daily where meter_id = %s", [known.id])
            assert days.fetchone() == (first, last)
            times = conn.execute("select min(time), max(time) from reading where meter_id = %s", [known.id])
            lo, hi = times.fetchone() or (None, None)
            assert (hi < HANDOVER) if areas == "E1" else (lo == HANDOVER)
            month = conn.execute("select amount, days from monthly where meter_id = %s", [known.id])
            assert month.fetchone() == (96.0 * ((last - first).days + 1), (last - first).days + 1)
            emitted = conn.execute("select min(day), max(day) from emission where meter_id = %s", [known.id])
            assert emitted.fetchone() == (first, last)


def test_the_day_of_the_handover_is_cut_by_the_quarter_hour(park: Database) -> None:
    """16:00 UTC is midnight in the park."""
    day = MOVED - timedelta(days=1)
    for areas, inside in [("E1", slice(0, 64)), ("E2", slice(64, 96))]:
        with park.tenant([areas]) as conn:
            meter = registry.read(conn).by_code["let"].id
            found = energy.select(conn, np.array([meter], np.int32), ["energy_import"], day, day)
        assert np.flatnonzero(~np.isnan(found.amount[0])).tolist() == list(range(96))[inside]
        assert np.flatnonzero(found.coverage[0]).tolist() == list(range(96))[inside]


def test_a_meter_lent_to_another_stands_in_none_of_the_lenders_areas(park: Database) -> None:
    with park.tenant(["E2"]) as conn:
        (term,) = registry.read(conn).by_code["lent"].terms
    assert (term.area, term.parent, term.role) == ("E2", None, "load")


def test_a_vacant_place_is_nobodys(park: Database, make_site: Callable[..., Site]) -> None:
    site = _park(make_site)
    left = site.model_copy(update={"occupancies": site.occupancies[:1]})
    apply_site(park, left, datetime(2026, 6, 1, tzinfo=UTC))
    for areas in ("E2", "hall"):
        with park.tenant([areas]) as conn:
            assert "let" not in registry.read(conn).by_code
    with park.tenant(["E1"]) as conn:
        assert "let" in registry.read(conn).by_code


@pytest.mark.usefixtures("park")
def test_a_connection_without_a_scope_sees_nothing(migrated_url: str) -> None:
    with psycopg.connect(migrated_url) as conn:
        tenancy.configure(conn)
        conn.commit()
        for name in _tables(conn):
            try:
                with conn.transaction():
                    found = conn.execute(sql.SQL("select * from {}").format(sql.Identifier(name))).fetchall()
            except psycopg.errors.InsufficientPrivilege:
                continue
            assert found == [] or name == "site"


def test_the_scope_ends_with_its_transaction(park: Database) -> None:
    for _ in range(6):
        with park.tenant(["E1"]) as conn:
            assert conn.execute("select count(*) from meter").fetchone() == (3,)
            conn.commit()
            assert conn.execute("select count(*) from meter").fetchone() == (0,)
            assert conn.execute("select count(*) from reading").fetchone() == (0,)


def test_what_has_no_view_is_closed_and_nothing_can_be_written(park: Database) -> None:
    with park.connection() as conn:
        names = _tables(conn)
    closed = {"api_key", "audit", "closed_row", "occupancy", "person_session"}
    assert closed <= set(names)
    for name in closed:
        with pytest.raises(ClosedToTenants), park.tenant(["E1"]) as conn:
            conn.execute(sql.SQL("select from {}").format(sql.Identifier(name)))
    with pytest.raises(StorageError), park.tenant(["E1"]) as conn:
        conn.execute("update meter set name_en = 'mine'")


def test_the_schema_is_of_no_avail_to_whoever_names_it(park: Database) -> None:
    for name in ("reading", "energy", "daily", "meter_term", "latest", "correction"):
        with pytest.raises(ClosedToTenants), park.tenant(["E1"]) as conn:
            conn.execute(sql.SQL("select from public.{}").format(sql.Identifier(name)))


def test_the_role_owns_nothing_and_passes_no_row_security(park: Database) -> None:
    with park.connection() as conn:
        role = conn.execute(
            "select rolsuper, rolbypassrls, rolcanlogin,"
            " (select count(*) from pg_class where relowner = r.oid)"
            " from pg_roles r where rolname = 'parkwatt_tenant'"
        ).fetchone()
        forced = conn.execute(
            "select relname from pg_class where relrowsecurity and relforcerowsecurity order by 1"
        ).fetchall()
    assert role == (False, False, False, 0)
    assert [name for (name,) in forced] == [
        "area",
        "correction",
        "meter",
        "meter_term",
        "occupancy",
        "record",
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    areas=st.sets(st.sampled_from(["E1", "E2", "E1-line", "hall", "park'; --", "{E1}"])),
    view=st.sampled_from(
        ["reading", "energy", "daily", "emission", "monthly", "priced_day", "seen", "latest"]
    ),
    lo=st.integers(-3, 3),
    length=st.integers(0, 4),
)
@example(areas={"E2"}, view="reading", lo=-2, length=4)
@example(areas={"E1"}, view="reading", lo=-2, length=4)
def test_no_query_finds_a_foreign_meter(
    park: Database, areas: set[str], view: str, lo: int, length: int
) -> None:
    """Whatever is asked of whatever stands, by every id there is."""
    named = tuple(sorted(areas & {"E1", "E2", "E1-line", "hall"}))
    own = set().union(*(OWN[each,] for each in named)) if named else set()
    with park.connection() as conn:
        codes = {meter.id: meter.code for meter in registry.read(conn).meters}
    begin = HANDOVER + timedelta(days=lo)
    with park.tenant(areas) as conn:
        asked = sql.SQL("select * from {} where meter_id = any(%s)").format(sql.Identifier(view))
        cursor = conn.execute(asked, [list(codes)])
        at = [column.name for column in cursor.description or ()].index("meter_id")
        found = {codes[row[at]] for row in cursor}
        every = np.array(list(codes), np.int32)
        span = (int(begin.timestamp() * 1e6), int((begin + timedelta(days=length)).timestamp() * 1e6))
        shown = readings.select(conn, every, *span, ["energy_import"])
    assert found <= own
    assert {codes[each] for each in shown.meter_id.tolist()} <= own
    let = next(number for number, code in codes.items() if code == "let")
    times = shown.time[shown.meter_id == let]
    moved = int(HANDOVER.timestamp() * 1e6)
    if "E1" not in areas:
        assert (times >= moved).all()
    if not areas & {"E2", "hall"}:
        assert (times < moved).all()
