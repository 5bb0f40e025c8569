import re
import threading
from importlib.resources import files

import psycopg
import pytest
from psycopg import sql

from accounting.quantity import CATALOGUE
from telemetry.storage import migrate as module
from telemetry.storage.errors import SchemaError, StorageUnavailable
from telemetry.storage.migrate import migrate, pending
from telemetry.storage.pool import Database

pytestmark = pytest.mark.database

ALL = [name for name, _ in module.migrations().values()]


def test_brings_an_empty_database_up_to_date_once(empty_url: str) -> None:
    assert pending(empty_url) == ALL
    migrate(empty_url)
    migrate(empty_url)
    assert pending(empty_url) == []


def test_two_services_start_at_once(empty_url: str) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            migrate(empty_url)
        except BaseException as error:  # noqa: BLE001  # carried to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert pending(empty_url) == []


def test_an_interrupted_migration_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = module.migrations()
    broken = {1: (ALL[0], steps[1][1] + "\nselect 1 / 0;")}
    monkeypatch.setattr(module, "migrations", lambda: broken)
    with pytest.raises(SchemaError, match="division by zero"):
        migrate(empty_url)
    monkeypatch.undo()
    assert pending(empty_url) == ALL
    migrate(empty_url)


@pytest.mark.parametrize("number", sorted(module.migrations()))
def test_a_migration_whose_connection_dies_is_begun_again(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """As after kill -9 of the service or of the database: what was committed stands, the rest is missing."""
    steps = module.migrations()
    name, text = steps[number]
    dies = steps | {number: (name, text + "\n;select pg_terminate_backend(pg_backend_pid());")}
    with monkeypatch.context() as patched:
        patched.setattr(module, "migrations", lambda: dies)
        with pytest.raises(StorageUnavailable):
            migrate(empty_url)
    assert pending(empty_url) == ALL[number - 1 :]
    migrate(empty_url)
    assert pending(empty_url) == []


def test_refuses_a_database_of_a_newer_program(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as conn:
        conn.execute("insert into migration (number, name) values (9999, 'later')")
    with pytest.raises(SchemaError, match="newer ParkWatt"):
        migrate(empty_url)


def test_names_a_server_that_does_not_answer() -> None:
    with pytest.raises(StorageUnavailable):
        migrate("postgresql://postgres@127.0.0.1:1/nowhere")
    with pytest.raises(StorageUnavailable):
        Database.open("postgresql://postgres@127.0.0.1:1/nowhere", wait_s=0.3)


def test_the_service_owns_nothing_and_cannot_alter(database: Database) -> None:
    with database.connection() as conn:
        owned = conn.execute(
            "select relname from pg_class"
            " where relowner = 'parkwatt_service'::regrole and relpersistence = 'p'"
        ).fetchall()
    assert owned == []
    for statement in (
        "alter table reading add x int",
        "create table x (y int)",
        "truncate reading",
        "drop table reading",
    ):
        with (
            pytest.raises(Exception, match=r"must be owner|permission denied") as caught,
            database.connection() as conn,
        ):
            conn.execute(sql.SQL(statement))
        assert caught.type.__name__ == "StorageError"


@pytest.mark.parametrize("table", ["reading", "latest"])
def test_columns_are_the_catalogue(database: Database, table: str) -> None:
    with database.connection() as conn:
        rows = conn.execute(
            "select attname, atttypid::regtype::text from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
            [table],
        ).fetchall()
    keys = {"time", "meter_id", "batch_id", "change"}
    assert {name: kind for name, kind in rows if name not in keys} == dict.fromkeys(
        CATALOGUE, "double precision"
    )


def test_numbers_of_the_schema_files_have_no_hole() -> None:
    names = sorted(p.name for p in files("telemetry.storage").joinpath("schema").iterdir())
    assert all(re.fullmatch(r"\d{4}_[a-z_]+\.sql", name) for name in names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
