import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from telemetry.model import Site
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site, load
from telemetry.storage.terms import BEGINNING

pytestmark = pytest.mark.database

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


def _marks(db: Database) -> list[tuple[str, str, datetime, datetime]]:
    with db.connection() as conn:
        return conn.execute(
            "select m.code, d.stage, d.lo, d.hi from dirty d join meter m on m.id = d.meter_id order by d.id"
        ).fetchall()


def _read_at(db: Database, code: str, *times: datetime) -> None:
    with db.connection() as conn:
        for time in times:
            conn.execute(
                "insert into reading (time, meter_id, batch_id, energy_import)"
                " select %s, id, 1, 1 from meter where code = %s",
                [time, code],
            )


def _settled(db: Database, code: str, day: str) -> None:
    with db.connection() as conn:
        conn.execute(
            "insert into energy select id, 'energy_import', %s, array_fill(1.0, array[96]),"
            " array_fill(1.0, array[96]) from meter where code = %s",
            [day, code],
        )


def test_a_site_is_there_after_it_is_applied_and_twice_is_once(
    database: Database, make_site: Callable[..., Site]
) -> None:
    park = make_site(
        {"code": "m1", "multiplier": 80, "counter_digits": {"energy_import": 1e6}}, {"code": "m2"}
    )
    first = apply_site(database, park, NOW)
    assert apply_site(database, park, LATER) == first == load(database)
    m1 = first.by_code["m1"]
    assert (m1.rollover, m1.removed_at, first.by_id[m1.id]) == ({"energy_import": 1e6}, None, m1)
    assert m1.at(NOW).multiplier == 80.0
    assert [area.code for area in first.areas] == ["park", "hall"]
    assert _marks(database) == []


def test_services_that_apply_at_once_agree(database: Database, make_site: Callable[..., Site]) -> None:
    park = make_site({"code": "m1"}, {"code": "m2"})
    threads = [threading.Thread(target=apply_site, args=(database, park, NOW)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [meter.code for meter in load(database).meters] == ["m1", "m2"]


def test_removal_ends_service_and_a_return_begins_it_again(
    database: Database, make_site: Callable[..., Site]
) -> None:
    apply_site(database, make_site({"code": "m1"}, {"code": "m2"}), NOW)
    assert apply_site(database, make_site({"code": "m1"}), LATER).by_code["m2"].removed_at == LATER
    back = apply_site(database, make_site({"code": "m1"}, {"code": "m2"}), LATER)
    assert back.by_code["m2"].removed_at is None


def test_a_changed_multiplier_marks_the_readings_of_its_time(
    database: Database, make_site: Callable[..., Site]
) -> None:
    apply_site(database, make_site({"code": "m1"}, {"code": "m2"}), NOW)
    _read_at(database, "m1", NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=2))
    half = NOW + timedelta(minutes=30)
    apply_site(
        database,
        make_site({"code": "m1", "history": [{"from": half, "multiplier": 2}]}, {"code": "m2"}),
        LATER,
    )
    assert _marks(database) == [("m1", "energy", NOW + timedelta(hours=1), NOW + timedelta(hours=2))]


def test_a_changed_rollover_or_gap_marks_all_readings(
    database: Database, make_site: Callable[..., Site]
) -> None:
    apply_site(database, make_site({"code": "m1"}), NOW)
    _read_at(database, "m1", NOW, LATER)
    apply_site(database, make_site({"code": "m1", "max_gap_s": 60}), LATER)
    apply_site(
        database, make_site({"code": "m1", "max_gap_s": 60, "counter_digits": {"energy_import": 1e6}}), LATER
    )
    assert _marks(database) == [("m1", "energy", NOW, LATER)] * 2


def test_a_changed_region_marks_the_statement(database: Database, make_site: Callable[..., Site]) -> None:
    apply_site(database, make_site({"code": "m1"}), NOW)
    _settled(database, "m1", "2026-06-01")
    _settled(database, "m1", "2026-06-03")
    apply_site(database, make_site({"code": "m1"}, region="CN-BJ"), NOW + timedelta(hours=1))
    assert _marks(database) == [("m1", "daily", NOW + timedelta(hours=1), datetime(2026, 6, 4, tzinfo=UTC))]
    assert [t.region for t in load(database).by_code["m1"].terms] == ["CN-GD", "CN-BJ"]
    assert load(database).by_code["m1"].at(BEGINNING).region == "CN-GD"
