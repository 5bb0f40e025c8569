"""What each of the three servers is asked for readings in chunks and columns."""

from datetime import timedelta
from typing import Any, cast

import psycopg
import pytest
from psycopg import Connection
from pydantic import ValidationError

from telemetry.model import Chunks
from telemetry.storage import server
from telemetry.storage.pool import Database
from telemetry.storage.server import Server

LICENSES = {Server.COMMUNITY: ("timescale",), Server.APACHE: ("apache",), Server.PLAIN: None}


class Asked:
    """A connection that answers by how a statement begins, and remembers what it was asked."""

    def __init__(self, license_: tuple[str] | None, **answers: tuple[Any, ...] | None) -> None:
        self.statements: list[str] = []
        self._answers = {server._SQL[name]: row for name, row in answers.items()}
        self._answers[server._SQL["license"]] = license_
        self._answers.setdefault(server._SQL["version"], ([2, 29, 2],))
        self._row: tuple[Any, ...] | None = None

    def execute(self, statement: str, _values: object = None) -> "Asked":
        self.statements.append(statement)
        self._row = self._answers.get(cast("Any", statement))
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._row

    def was(self, name: str) -> bool:
        return server._SQL[name] in self.statements


def _arranged(asked: Asked, chunks: Chunks) -> str:
    return server.arrange(cast("Connection[Any]", asked), chunks)


@pytest.mark.parametrize("found", LICENSES)
def test_the_server_is_told_by_its_license(found: Server) -> None:
    assert server.server_of(cast("Connection[Any]", Asked(LICENSES[found]))) is found


@pytest.mark.parametrize("found", LICENSES)
def test_each_server_gets_what_it_knows(found: Server) -> None:
    asked = Asked(LICENSES[found])
    server.partition(cast("Connection[Any]", asked))
    assert asked.was("hypertable") is (found is not Server.PLAIN)
    assert asked.was("columnstore") is (found is Server.COMMUNITY)


def test_a_columnstore_that_stands_is_left_alone() -> None:
    asked = Asked(("timescale",), columnar=())
    server.partition(cast("Connection[Any]", asked))
    assert not asked.was("columnstore")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Server.COMMUNITY, "TimescaleDB, Community edition: chunks of 3 days, columns after 9 days"),
        (Server.APACHE, "TimescaleDB, Apache edition: chunks of 3 days, no columnstore"),
        (Server.PLAIN, "PostgreSQL: readings lie in one table, without chunks"),
    ],
)
def test_it_is_said_what_holds(found: Server, said: str) -> None:
    asked = Asked(LICENSES[found])
    assert _arranged(asked, Chunks(days=3, columnstore=9)) == said
    assert asked.was("chunk_interval") is (found is not Server.PLAIN)
    assert asked.was("add_policy") is (found is Server.COMMUNITY)


@pytest.mark.parametrize(
    ("stands", "wanted", "removed", "added"),
    [
        (None, None, False, False),
        (None, 14, True, True),
        (14, 14, False, False),
        (14, 30, True, True),
        (14, None, True, False),
    ],
)
def test_a_policy_is_made_anew_when_its_age_differs(
    stands: int | None, wanted: int | None, *, removed: bool, added: bool
) -> None:
    asked = Asked(("timescale",), policy=(timedelta(days=stands),) if stands else None)
    _arranged(asked, Chunks(columnstore=wanted))
    assert (asked.was("remove_policy"), asked.was("add_policy")) == (removed, added)


@pytest.mark.parametrize(
    ("version", "converts"),
    [([2, 18, 2], True), ([2, 19, 0], False), ([2, 20, 0], False), ([2, 20, 1], True), ([2, 30], True)],
)
def test_columns_whose_dump_is_lost_are_not_made(version: list[int], *, converts: bool) -> None:
    asked = Asked(("timescale",), version=(version,))
    said = _arranged(asked, Chunks())
    assert asked.was("add_policy") is converts
    assert ("no columns: 2." in said) is not converts


def test_a_policy_of_such_a_version_is_taken_back() -> None:
    asked = Asked(("timescale",), version=([2, 19, 3],), policy=(timedelta(days=14),))
    assert _arranged(asked, Chunks()) == (
        "TimescaleDB, Community edition: chunks of 7 days,"
        " no columns: 2.19.3 cannot restore a dump of them, 2.20.1 and newer can"
    )
    assert (asked.was("remove_policy"), asked.was("add_policy")) == (True, False)


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": 61}, {"columnstore": 0}, {"rows": 7}])
def test_a_chunk_without_length_or_age_is_no_setting(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Chunks.model_validate(wrong)


@pytest.mark.database
def test_the_service_arranges_chunks_without_owning_them(database: Database, migrated_url: str) -> None:
    with database.connection() as tx:
        if server.server_of(tx) is Server.PLAIN:
            pytest.skip("does not apply: the server has no hypertables")
        server.arrange(tx, Chunks(days=3))
    with psycopg.connect(migrated_url) as conn:
        found = conn.execute(
            "select hypertable_name, time_interval from timescaledb_information.dimensions"
        ).fetchall()
    assert found == [("reading", timedelta(days=3))]
    with database.connection() as tx:
        assert tx.execute("select current_role").fetchone() == ("parkwatt_service",)
