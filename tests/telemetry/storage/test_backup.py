"""The backups that the document describes, made and restored by its own commands."""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from telemetry.model import Chunks, Site
from telemetry.storage import binaries
from telemetry.storage.embedded import EmbeddedPostgres
from telemetry.storage.errors import SchemaError, StorageError, StorageUnavailable
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
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


@pytest.fixture
def plain_url(new_database: Callable[[], str]) -> Iterator[str]:
    """An empty database whose owner is no superuser, and who asks as that owner."""
    url, name, secret = new_database(), f"plain_{secrets.token_hex(4)}", secrets.token_hex(16)
    owner = sql.Identifier(name)
    with psycopg.connect(url) as conn:
        made = sql.SQL("create role {} login createrole password {}")
        conn.execute(made.format(owner, sql.Literal(secret)))
        for role in ("parkwatt_service", "parkwatt_reader", "parkwatt_tenant"):
            lent = sql.SQL("grant {} to {} with admin option")
            conn.execute(lent.format(sql.Identifier(role), owner))
        base = sql.Identifier(conn.info.dbname)
        conn.execute(sql.SQL("alter database {} owner to {}").format(base, owner))
        plain = server_of(conn) is Server.PLAIN
    if not plain:
        pytest.skip("does not apply: TimescaleDB's own steps of a restore need a superuser")
    yield make_conninfo(url, user=name, password=secret)
    with psycopg.connect(url) as conn:
        conn.execute(sql.SQL("alter database {} owner to current_user").format(base))
        conn.execute(sql.SQL("reassign owned by {} to current_user").format(owner))
        conn.execute(sql.SQL("drop owned by {}").format(owner))
        conn.execute(sql.SQL("drop role {}").format(owner))


@pytest.mark.usefixtures("migrated_url")
def test_an_owner_who_is_no_superuser_dumps_with_one_option_more(
    plain_url: str, new_database: Callable[[], str], shell: Shell
) -> None:
    new, content = new_database(), _fill(plain_url)
    with pytest.raises(AssertionError, match="row-level security"):
        shell("dump", PARKWATT_DATABASE_URL=plain_url)
    shell("dump of a plain owner", PARKWATT_DATABASE_URL=plain_url)
    shell("restore", NEW_DATABASE_URL=new)
    assert all(content.values())
    assert _content(new) == content


@pytest.mark.usefixtures("migrated_url")
def test_the_owner_passes_no_policy_for_a_tenant_either(
    plain_url: str, make_site: Callable[..., Site]
) -> None:
    migrate(plain_url)
    database = Database.open(plain_url)
    apply_site(database, make_site({"code": "m1", "area": "hall"}, {"code": "m2"}), datetime.now(UTC))
    with database.tenant(["hall"]) as conn:
        seen = conn.execute("select code from meter").fetchall()
        areas = conn.execute("select code from area").fetchall()
        terms = conn.execute("select count(*) from meter_term").fetchone()
    database.close()
    assert (seen, areas, terms) == ([("m1",)], [("hall",)], (1,))


def _lent(url: str, owner: str, how: str) -> None:
    """What the owner of a database may do with the roles, by a superuser."""
    with psycopg.connect(url) as conn:
        for role in ("parkwatt_service", "parkwatt_reader", "parkwatt_tenant"):
            names = {"role": sql.Identifier(role), "owner": sql.Identifier(owner)}
            conn.execute(sql.SQL("revoke {role} from {owner}").format(**names))
            if how:
                conn.execute(sql.SQL("grant {role} to {owner} with " + how).format(**names))


@pytest.mark.usefixtures("migrated_url")
def test_an_owner_who_made_the_roles_takes_them(plain_url: str, new_database: Callable[[], str]) -> None:
    """Since PostgreSQL 16 who creates a role has it with its admin option, and may not set it."""
    _lent(new_database(), conninfo_to_dict(plain_url)["user"], "admin true, inherit false, set false")
    migrate(plain_url)
    database = Database.open(plain_url)
    with database.connection() as conn:
        assert conn.execute("select current_user").fetchone() == ("parkwatt_service",)
    with database.tenant(["hall"]) as conn:
        assert conn.execute("select code from meter").fetchall() == []
    database.close()


@pytest.mark.usefixtures("migrated_url")
def test_an_owner_who_may_not_take_the_roles_is_told_so(
    plain_url: str, new_database: Callable[[], str]
) -> None:
    user = conninfo_to_dict(plain_url)["user"]
    migrate(plain_url)
    _lent(new_database(), user, "")
    with pytest.raises(SchemaError, match=rf"may not make or take .* parkwatt_tenant to {user} with admin"):
        migrate(plain_url)
    with pytest.raises(StorageError, match='permission denied to set role "parkwatt_service"') as told:
        Database.open(plain_url, wait_s=1.0)
    assert not isinstance(told.value, StorageUnavailable)


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
