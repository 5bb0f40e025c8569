"""What the documents and the dashboard ask of the views, and what the documents say of their columns."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.sql import SQL

pytestmark = pytest.mark.database

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "sql.md").read_text(encoding="utf-8")
STATEMENTS = [
    statement.strip()
    for block in re.findall(r"^```sql\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    for statement in block.split(";\n")
    if statement.strip()
]
DASHBOARD = json.loads((DOCS / "grafana" / "parkwatt.json").read_text(encoding="utf-8"))
FROM, TO = "'2026-06-01T00:00:00Z'", "'2026-06-08T00:00:00Z'"


def _questions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        yield from (target["rawSql"] for target in panel["targets"])
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]


def _filled(question: str) -> str:
    """As Grafana sends it."""
    question = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {FROM} AND {TO}", question)
    question = question.replace("$__timeFrom()", FROM).replace("$__timeTo()", TO)
    return re.sub(r"\$\{\w+:sqlstring\}", "'M-101'", question)


def _run(conn: Connection[Any], statement: str) -> None:
    conn.execute(SQL(statement))


@pytest.fixture
def owner(migrated_url: str) -> Iterator[Connection[Any]]:
    """What is done with it is taken back."""
    with psycopg.connect(migrated_url) as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def reader(owner: Connection[Any]) -> Connection[Any]:
    owner.execute("set local role parkwatt_reader")
    return owner


@pytest.mark.parametrize("statement", [s for s in STATEMENTS if s.startswith("select")])
def test_a_reader_may_ask_what_the_document_asks(reader: Connection[Any], statement: str) -> None:
    _run(reader, statement)


def test_a_login_as_the_document_makes_it_reads_the_views(owner: Connection[Any]) -> None:
    for statement in STATEMENTS:
        if not statement.startswith("select"):
            _run(owner, statement)
    owner.execute("set local role grafana")
    owner.execute("select * from open.daily")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("select from public.daily")


@pytest.mark.parametrize("question", list(_questions()))
def test_a_reader_may_ask_what_the_dashboard_asks(reader: Connection[Any], question: str) -> None:
    filled = _filled(question)
    assert "$" not in filled
    _run(reader, filled)


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_a_series_of_the_dashboard_has_its_time(reader: Connection[Any], panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        found = reader.execute(SQL(_filled(target["rawSql"])))
        columns = {column.name: column.type_code for column in found.description or ()}
        timed = columns.get("time") == psycopg.adapters.types["timestamptz"].oid
        assert timed or target["format"] == "table"


def test_the_document_names_every_column_as_the_database_does(owner: Connection[Any]) -> None:
    rows = owner.execute(
        "select c.relname, a.attname, col_description(c.oid, a.attnum) from pg_class c"
        " join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'open'::regnamespace and a.attnum > 0 order by c.relname, a.attnum"
    ).fetchall()
    told = [
        (view, column, meaning)
        for view, part in re.findall(r"^### `open\.(\w+)`\n(.*?)(?=^### |\Z)", TEXT, re.DOTALL | re.MULTILINE)
        for column, meaning in re.findall(r"^\| `(\w+)` \| (.*) \|$", part, re.MULTILINE)
    ]
    assert sorted(told) == sorted(rows)
