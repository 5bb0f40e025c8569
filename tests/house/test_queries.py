"""Every query of every `.sql` twin prepares on a freshly migrated database."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from psycopg.pq import ExecStatus

import telemetry.storage
from telemetry.storage import queries, staging
from telemetry.storage.pool import Database

pytestmark = pytest.mark.database

_ROOM = Path(telemetry.storage.__file__).parent
_TWINS = sorted(path for path in _ROOM.glob("*.sql"))
_QUERIES = [(t.stem, name, text) for t in _TWINS for name, text in queries.parse(t.read_text()).items()]
_ON_TIMESCALE = {"hypertable", "chunk_interval", "chunk_edge", "drop_chunks", "columnar", "columnstore"} | {
    "policy",
    "remove_policy",
    "add_policy",
}


def _numbered(text: str) -> str:
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    for number, name in enumerate(names, 1):
        text = text.replace(f"%({name})s", f"${number}")
    return text


def _whole(text: str) -> str:
    columns = ["energy_import", "active_power"] if re.search(r"\{[a-z]+\}", text) else []
    return queries.expand(text, columns).decode()


def _has_hypertables(conn: Connection[Any]) -> bool:
    return conn.execute("select from pg_extension where extname = 'timescaledb'").fetchone() is not None


def test_prepares(database: Database) -> None:
    refused = {}
    with database.connection() as conn:
        staging.create(conn)
        conn.commit()
        left_out = set() if _has_hypertables(conn) else _ON_TIMESCALE
        for twin, name, text in _QUERIES:
            if name not in left_out:
                prepared = conn.pgconn.prepare(b"", _numbered(_whole(text)).encode())
                if prepared.status != ExecStatus.COMMAND_OK:
                    refused[f"{twin}.{name}"] = prepared.error_message.decode()
                conn.rollback()
    assert refused == {}


@pytest.mark.parametrize("twin", _TWINS, ids=lambda path: path.stem)
def test_has_a_module_that_uses_each_query(twin: Path) -> None:
    code = twin.with_suffix(".py").read_text()
    unused = [name for name in queries.parse(twin.read_text()) if f'"{name}"' not in code]
    assert unused == []


def test_no_two_rooms_wait_for_each_other_by_the_number_of_a_lock() -> None:
    """Corrections change the newest readings themselves, and wait for whoever writes them."""
    found = defaultdict[str, set[str]](set)
    for room, _, text in _QUERIES:
        for number in re.findall(r"lock(?:_shared)?\(7275, (\d+)\)", text):
            found[number].add(room)
    assert len(found) > 8
    assert {number: rooms for number, rooms in found.items() if len(rooms) > 1} == {
        "3": {"corrections", "latest"}
    }
