"""The backups that the document describes, made and restored by its own commands."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from telemetry.model import Chunks
from telemetry.storage import binaries
from telemetry.storage.embedded import EmbeddedPostgres
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.server import Server, arrange, server_of

pytestmark = pytest.mark.database

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.sql"))
TEXT = (Path(__file__).parents[3] / "docs" / "backup.md").read_text(encoding="utf-8")
COMMANDS = dict(re.findall(r"^<!-- ([\w ]+) -->\n```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE))
Shell = Callable[..., None]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Runs the commands of a block of the document."""
    programs = (binaries._installed() / "bin", Path(sys.executable).parent)
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])

    def run(block: str, **variables: object) -> None:
        environment = {**os.environ, "PATH": path, **{name: str(value) for name, value in variables.items()}}
        command = ["sh", "-euc", COMMANDS[block]]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    return run


def _fill(url: str) -> dict[str, list[Any]]:
    migrate(url)
    with psycopg.connect(url) as conn:
        for sample in SAMPLES:
            conn.execute(sample.read_bytes())
    return _content(url)


def _content(url: str) -> dict[str, list[Any]]:
    with psycopg.connect(url) as conn:
        tables = conn.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
        ).fetchall()
        asked = "select to_jsonb(t) from public.{} as t order by to_jsonb(t)"
        return {
            name: conn.execute(sql.SQL(asked).format(sql.Identifier(name))).fetchall() for (name,) in tables
        }


def _works(url: str) -> bool:
    """Whether the service's role may write, and a reader read; identities go on where they were."""
    database = Database.open(url)
    with database.connection() as conn:
        made = conn.execute(
            "insert into batch (source, row_count) values ('push', 1) returning id"
        ).fetchone()
    database.close()
    with psycopg.connect(url) as conn:
        conn.execute("set role parkwatt_reader")
        found = conn.execute("select sum(amount) from open.daily").fetchone()
    return (made, found) == ((3,), (144.0,))


def test_a_dump_restores_into_an_empty_database(new_database: Callable[[], str], shell: Shell) -> None:
    old, new = new_database(), new_database()
    content = _fill(old)
    with psycopg.connect(old) as conn:
        hyper = server_of(conn) is not Server.PLAIN
    shell("dump", PARKWATT_DATABASE_URL=old)
    shell("timescaledb" if hyper else "restore", NEW_DATABASE_URL=new)
    assert all(content.values())
    assert _content(new) == content
    assert _works(new)


def test_columns_are_columns_after_a_restore(new_database: Callable[[], str], shell: Shell) -> None:
    old, new = new_database(), new_database()
    content = _fill(old)
    with psycopg.connect(old) as conn:
        if "columns after" not in arrange(conn, Chunks(columnstore=9)):
            pytest.skip("does not apply: only the Community edition of TimescaleDB has a columnstore")
        conn.execute("select compress_chunk(c) from show_chunks('reading') c")
    shell("dump", PARKWATT_DATABASE_URL=old)
    shell("timescaledb", NEW_DATABASE_URL=new)
    assert _content(new) == content
    with psycopg.connect(new) as conn:
        held = conn.execute(
            "select is_compressed, (select config ->> 'compress_after' from timescaledb_information.jobs"
            " where hypertable_name = 'reading') from timescaledb_information.chunks"
        ).fetchall()
    assert held == [(True, "9 days")] * 2


def test_a_newer_timescaledb_is_taken_over_as_the_document_says(migrated_url: str, shell: Shell) -> None:
    with psycopg.connect(migrated_url) as conn:
        if server_of(conn) is Server.PLAIN:
            pytest.skip("does not apply: plain PostgreSQL has no extension to update")
    shell("extension", PARKWATT_DATABASE_URL=migrated_url)


def test_a_dump_of_the_embedded_server_restores_into_another(
    empty_url: str, tmp_path: Path, shell: Shell
) -> None:
    server = EmbeddedPostgres()
    try:
        content = _fill(server.start(tmp_path / "data"))
        shell("embedded dump", PARKWATT_DATA_DIR=tmp_path / "data")
    finally:
        server.stop()
    shell("restore", NEW_DATABASE_URL=empty_url)
    assert _content(empty_url) == content
    assert _works(empty_url)


def test_a_copy_of_the_embedded_data_folder_is_a_backup(tmp_path: Path, shell: Shell) -> None:
    server = EmbeddedPostgres()
    try:
        content = _fill(server.start(tmp_path / "data"))
    finally:
        server.stop()
    shell("embedded copy", PARKWATT_DATA_DIR=tmp_path / "data")
    shell("embedded restore", NEW_DATA_DIR=tmp_path / "new" / "data")
    try:
        url = server.start(tmp_path / "new" / "data")
        assert _content(url) == content
        assert _works(url)
    finally:
        server.stop()
