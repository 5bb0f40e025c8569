"""The audit log writes itself, tells who and from where, and shows what was changed in it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from telemetry.model import Site
from telemetry.storage import audit
from telemetry.storage.audit import AuditRow, Sought
from telemetry.storage.errors import StorageError
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site

pytestmark = pytest.mark.database

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ALL = Sought(below=1 << 62, limit=1000)


@pytest.fixture
def told(database: Database, make_site: Callable[..., Site]) -> Database:
    """A meter that was declared, and then given another multiplier."""
    apply_site(database, make_site({"code": "m1"}), NOW)
    apply_site(database, make_site({"code": "m1", "multiplier": 80}), NOW)
    return database


def _rows(database: Database, sought: Sought = ALL) -> list[AuditRow]:
    with database.connection() as conn:
        return audit.listed(conn, sought)


def test_what_a_file_changes_stands_with_before_and_after(told: Database) -> None:
    rows = [row for row in _rows(told) if (row.kind, row.name) == ("meter_term", "m1")]
    assert [(row.act, (row.after or {}).get("multiplier")) for row in reversed(rows)] == [
        ("insert", 1.0),
        ("delete", None),
        ("insert", 1.0),
        ("insert", 80.0),
    ]
    assert {row.who for row in rows} == {"parkwatt"}


def test_what_changes_nothing_is_not_told(told: Database, make_site: Callable[..., Site]) -> None:
    before = len(_rows(told))
    apply_site(told, make_site({"code": "m1", "multiplier": 80}), NOW)
    assert len(_rows(told)) == before


def test_a_signed_transaction_tells_who_and_from_where(told: Database) -> None:
    with told.connection() as conn:
        audit.sign(conn, "Ada", "192.0.2.7 POST /api/v1/keys")
        conn.execute("update meter set name_en = 'Main' where code = 'm1'")
    with told.connection() as conn:
        conn.execute("update meter set name_en = 'Mains' where code = 'm1'")
    later, signed = _rows(told)[:2]
    assert (signed.who, signed.origin) == ("Ada", "192.0.2.7 POST /api/v1/keys")
    assert (signed.before or {})["name_en"] == "m1"
    assert (signed.after or {})["name_en"] == "Main"
    assert later.who == "parkwatt"


def test_secrets_are_not_in_it(told: Database) -> None:
    with told.connection() as conn:
        conn.execute(
            "insert into api_key (name, roles, created_by, created_at)"
            " values ('edge', '{push}', 'Ada', now())"
        )
        conn.execute(
            "insert into api_key_secret (key_id, digest, created_at) select id, '\\xbeef', now() from api_key"
        )
    with told.connection() as conn:
        conn.execute("update api_key_secret set last_used_at = now()")
    secret, key = _rows(told)[:2]
    assert (key.kind, key.name, secret.kind, secret.name) == ("api_key", "edge", "api_key_secret", "edge")
    assert "beef" not in str(secret)


def test_a_rolled_back_change_is_not_told(told: Database) -> None:
    before = len(_rows(told))
    with pytest.raises(ZeroDivisionError), told.connection() as conn:
        _fail(conn)
    assert len(_rows(told)) == before


@pytest.mark.parametrize(
    "sought",
    [
        Sought(1 << 62, 1000, kind="meter"),
        Sought(1 << 62, 1000, name="m1"),
        Sought(1 << 62, 1000, text="MULTIPLIER"),
        Sought(1 << 62, 1000, who="nobody"),
        Sought(1 << 62, 1000, until=NOW),
        Sought(3, 1),
    ],
)
def test_it_is_searched(told: Database, sought: Sought) -> None:
    def fits(row: AuditRow) -> bool:
        told_of = f"{row.name} {row.who} {row.before} {row.after}".lower()
        return (
            row.number < sought.below
            and sought.kind in {None, row.kind}
            and sought.name in {None, row.name}
            and sought.who in {None, row.who}
            and (sought.until is None or row.at < sought.until)
            and (sought.text is None or sought.text.lower() in told_of)
        )

    assert _rows(told, sought) == list(filter(fits, _rows(told)))[: sought.limit]


@pytest.mark.parametrize(
    "change", ["update audit set who = 'me'", "delete from audit", "truncate audit", "drop table audit"]
)
def test_the_service_may_not_change_it(told: Database, change: str) -> None:
    with pytest.raises(StorageError), told.connection() as conn:
        conn.execute(change.encode())


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("change", ["update audit set who = 'me'", "delete from audit", "truncate audit"])
def test_not_even_the_owner_changes_it_by_mistake(migrated_url: str, change: str) -> None:
    with (
        psycopg.connect(migrated_url) as conn,
        pytest.raises(psycopg.errors.RaiseException, match="only added to"),
    ):
        conn.execute(change.encode())


def test_it_is_sound_as_it_was_written(told: Database) -> None:
    rows = _rows(told)
    with told.connection() as conn:
        chain = audit.verified(conn, {})
    assert (chain.rows, chain.head, chain.broken) == (len(rows), rows[0].hash, None)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("update audit set who = 'me' where number = 2", 2),
        ('update audit set after = after || \'{"code": "m9"}\' where number = 1', 1),
        ("delete from audit where number = 2", 2),
        ("update audit set hash = repeat('0', 64), previous = '' where number = 3", 3),
    ],
)
def test_what_an_owner_changed_on_purpose_is_found(
    told: Database, migrated_url: str, change: str, broken: int
) -> None:
    with psycopg.connect(migrated_url) as conn:
        _silenced(conn, change)
    with told.connection() as conn:
        assert audit.verified(conn, {}).broken == broken


@pytest.mark.parametrize("numbers", [{1}, {2, 3}])
def test_heads_that_were_noted_agree(told: Database, numbers: set[int]) -> None:
    noted = {row.number: row.hash for row in _rows(told) if row.number in numbers}
    with told.connection() as conn:
        chain = audit.verified(conn, noted)
    assert (chain.broken, chain.compared) == (None, len(numbers))


def test_a_tail_that_was_cut_off_is_found_by_the_head_noted_before(told: Database, migrated_url: str) -> None:
    last = _rows(told)[0]
    with psycopg.connect(migrated_url) as conn:
        _silenced(conn, "delete from audit where number > (select max(number) - 2 from audit)")
    with told.connection() as conn:
        assert audit.verified(conn, {}).broken is None
        chain = audit.verified(conn, {1: _rows(told)[-1].hash, last.number: last.hash})
    assert (chain.rows, chain.broken) == (last.number - 2, last.number - 1)
    assert chain.reason == f"is missing: the log went on to {last.number}"


def test_a_log_written_anew_is_found_by_the_head_noted_before(told: Database, migrated_url: str) -> None:
    rows = _rows(told)
    with psycopg.connect(migrated_url) as conn:
        _silenced(conn, "update audit set who = 'me' where number = 2")
        _silenced(conn, _REWRITE)
    with told.connection() as conn:
        assert audit.verified(conn, {}).broken is None
        chain = audit.verified(conn, {rows[0].number: rows[0].hash})
    assert chain.broken == rows[0].number
    assert "noted" in chain.reason


_REWRITE = """do $$
declare
    row_ audit;
    last text := '';
begin
    for row_ in select * from audit order by number loop
        row_.previous := last;
        last := encode(sha256(convert_to(audit_text(row_), 'UTF8')), 'hex');
        update audit set previous = row_.previous, hash = last where number = row_.number;
    end loop;
end $$"""


def _silenced(conn: Connection[Any], change: str) -> None:
    conn.execute("alter table audit disable trigger audit_stands")
    conn.execute(change.encode())
    conn.execute("alter table audit enable trigger audit_stands")


def _fail(conn: Connection[Any]) -> None:
    conn.execute("update meter set name_en = 'Main'")
    raise ZeroDivisionError
