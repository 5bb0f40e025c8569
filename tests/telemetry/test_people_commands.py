"""`parkwatt people`, for whoever has the machine, while a service runs or not."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from telemetry.access import entrance, passwords
from telemetry.cli import app
from telemetry.reports.errors import QueryError
from telemetry.storage import audit, people
from telemetry.storage.audit import Sought
from telemetry.storage.embedded import EmbeddedPostgres, running
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database

pytestmark = pytest.mark.database
GOOD = "four words on a slip"


def _run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["people", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def _secret(told: str) -> str:
    [found] = re.findall(r"http://127\.0\.0\.1:8000/enter#(\S+)", told)
    return str(found)


def _use(database: Database, secret: str, name: str) -> None:
    with database.connection() as tx:
        entrance.set_by_link(tx, secret, name, passwords.encoded(GOOD), datetime.now(UTC))


@pytest.fixture
def at_hand(database: Database, migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("PARKWATT_DATABASE_URL", migrated_url)
    monkeypatch.delenv("PARKWATT_PORT", raising=False)
    return database


def test_the_set_up_link_is_printed_anew_as_long_as_nobody_is_there(at_hand: Database) -> None:
    first, second = _secret(_run("link")), _secret(_run("link"))
    with pytest.raises(entrance.LinkSpent):
        _use(at_hand, first, "wang.wei")
    _use(at_hand, second, "wang.wei")
    assert isinstance(CliRunner().invoke(app, ["people", "link"]).exception, QueryError)


def test_a_reset_from_the_machine_lets_its_person_in_again(at_hand: Database) -> None:
    _use(at_hand, _secret(_run("create", "wang.wei")), "")
    told = _run("reset", "WANG.wei")
    with pytest.raises(entrance.WrongSecret):
        entrance.known(at_hand, "wang.wei", GOOD, None, datetime.now(UTC))
    _use(at_hand, _secret(told), "")
    assert entrance.known(at_hand, "wang.wei", GOOD, None, datetime.now(UTC)).name == "wang.wei"
    assert "park-administrator" in _run("list")
    with at_hand.connection() as tx:
        rows = audit.listed(tx, Sought(1 << 62, 100, kind="person_link"))
    assert {row.who for row in rows if row.act == "insert"} == {"this machine"}
    assert isinstance(CliRunner().invoke(app, ["people", "reset", "nobody"]).exception, QueryError)


def test_where_nothing_was_ever_stored_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARKWATT_DATABASE_URL", raising=False)
    monkeypatch.setenv("PARKWATT_DATA_DIR", str(tmp_path / "none"))
    told = CliRunner().invoke(app, ["people", "list"]).exception
    assert "no ParkWatt has stored anything" in str(told)
    assert not (tmp_path / "none").exists()


def test_a_service_with_its_own_server_may_run_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARKWATT_DATABASE_URL", raising=False)
    monkeypatch.setenv("PARKWATT_DATA_DIR", str(tmp_path))
    server = EmbeddedPostgres()
    url = server.start(tmp_path)
    try:
        assert running(tmp_path) == url
        migrate(url)
        _secret(_run("create", "wang.wei"))
        database = Database.open(url)
        with database.connection() as tx:
            assert people.anybody(tx)
        database.close()
    finally:
        server.stop()
    assert running(tmp_path) is None
    assert "wang.wei" in _run("list")
