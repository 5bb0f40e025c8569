"""A changed factor, tariff, rule or contract of a file stands in the audit log with what it said before."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from telemetry.jobs import entries
from telemetry.model import Site
from telemetry.settings.library import Library
from telemetry.settings.plan import Plan
from telemetry.storage import audit
from telemetry.storage.audit import AuditRow, Sought
from telemetry.storage.pool import Database

pytestmark = pytest.mark.database


def _rows(database: Database) -> list[AuditRow]:
    with database.connection() as conn:
        return audit.listed(conn, Sought(below=1 << 62, limit=100, kind="library_entry"))


def _content(row: dict[str, Any] | None) -> Any:
    return (row or {}).get("content")


@pytest.fixture
def plan(library: Library, make_site: Callable[..., Site]) -> Plan:
    return Plan(
        make_site({"code": "m1"}, billing={"tariff": "demo-park", "contract_kw": 1000}), None, library
    )


def test_what_comes_with_the_program_is_not_told_one_by_one(database: Database, plan: Plan) -> None:
    entries.keep(database, plan)
    entries.keep(database, plan)
    assert _rows(database) == []


def test_a_changed_factor_is_told_with_before_and_after(database: Database, plan: Plan) -> None:
    entries.keep(database, plan)
    first = plan.library.factors[0]
    factors = (replace(first, value=first.value + 1), *plan.library.factors[1:])
    entries.keep(database, replace(plan, library=replace(plan.library, factors=factors)))
    (row,) = _rows(database)
    assert (row.act, row.name, (row.after or {})["library"]) == ("update", first.id, "factor")
    assert _content(row.after)["value"] == pytest.approx(_content(row.before)["value"] + 1)


def test_what_is_added_and_what_leaves_is_told(database: Database, plan: Plan) -> None:
    tariffs = dict(plan.library.tariffs)
    gone = tariffs.pop("demo-park")
    less = replace(plan, library=replace(plan.library, tariffs=tariffs))
    entries.keep(database, plan)
    entries.keep(database, less)
    entries.keep(database, plan)
    added, left = _rows(database)
    assert (left.act, left.name, _content(left.before)["code"]) == ("delete", gone.code, gone.code)
    assert (added.act, added.name, _content(added.after)) == ("insert", gone.code, _content(left.before))


def test_a_changed_contract_of_the_site_is_told(
    database: Database, plan: Plan, make_site: Callable[..., Site]
) -> None:
    entries.keep(database, plan)
    site = make_site({"code": "m1"}, billing={"tariff": "demo-park", "contract_kw": 1200})
    entries.keep(database, replace(plan, site=site))
    (row,) = _rows(database)
    kw = [_content(side)["billing"]["contract_kw"] for side in (row.before, row.after)]
    assert [float(each) for each in kw] == [1000, 1200]
