"""Closed months: frozen, hashed, drifting, issued again, and proved by recomputation."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner

from telemetry.cli import app
from telemetry.jobs.settle import Worker, basis_of
from telemetry.model import Site
from telemetry.storage import audit, periods
from telemetry.storage.audit import Sought

pytestmark = pytest.mark.database
ACTIVITY = {
    "period": "2023-06-16/2023-07-15",
    "enterprise": "hall",
    "kind": "diesel",
    "amount": 2.0,
    "unit": "t",
    "document": "invoice 7",
    "who": "li.na",
}
TOP_UP = {**ACTIVITY, "period": "2023-06", "kind": "r410a", "amount": 1.5, "unit": "kg", "document": "bill 3"}
JUNE = {"area": "hall", "period": "2023-06", "who": "li.na"}
SCOPE_2 = "emission.location.scope2.CO2"
BILLING = {"tariff": "demo-park", "contract_kw": 1000}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    meter = {"role": "boundary", "area": "hall", "max_gap_s": 90_000}
    service = start(
        make_site({"code": "M1", **meter}, {"code": "G1", "carrier": "gas", **meter}, billing=BILLING)
    )
    days = [f"2023-06-{day:02}T00:00:00+08:00" for day in range(1, 11)]
    service.post(_rows(days, "M1", "energy_import", 240.0) + _rows(days, "G1", "gas_volume_20c", 10.0))
    assert service.call("POST", "/api/v1/activities", json=[ACTIVITY, TOP_UP]).status_code == 200
    service.settle()
    return service


def _rows(days: list[str], meter: str, quantity: str, daily: float) -> list[dict[str, Any]]:
    return [{"meter": meter, "time": at, "values": {quantity: daily * n}} for n, at in enumerate(days)]


def _post(service: Any, body: object, status: int = 200) -> Any:
    response = service.call("POST", "/api/v1/periods", json=body)
    assert response.status_code == status, response.text
    return response.json()


def _figures(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {figure["name"]: figure for figure in answer["figures"]}


def _late(service: Any) -> None:
    """A reading that comes after all: one day more."""
    service.post([{"meter": "M1", "time": "2023-06-11T00:00:00+08:00", "values": {"energy_import": 2400.0}}])
    service.settle()


def test_who_closes_a_month_stands_in_the_audit_log(service: Any) -> None:
    _post(service, JUNE)
    with service.database.connection() as conn:
        (row,) = audit.listed(conn, Sought(below=1 << 62, limit=2, kind="closed_period"))
    assert (row.who, row.name) == ("this machine", "2023-06")
    assert row.origin.endswith(" POST /api/v1/periods")


def test_what_settles_while_a_month_is_closed_is_in_all_its_rows_or_in_none(
    service: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    emissions = periods.emissions

    def meanwhile(*asked: Any) -> Any:
        monkeypatch.undo()
        _late(service)
        return emissions(*asked)

    monkeypatch.setattr(periods, "emissions", meanwhile)
    closed = _post(service, JUNE)
    assert _figures(closed)["amount.energy_import"]["closed"] == pytest.approx(2160)
    assert _figures(closed)[SCOPE_2]["closed"] == pytest.approx(2160 * 0.4419)
    assert service.get(f"/periods/{closed['id']}/recomputation")["same"]


def test_a_month_is_frozen_with_its_figures(service: Any) -> None:
    closed = _post(service, JUNE)
    assert (closed["new"], closed["from"], closed["to"]) == (True, "2023-06-01", "2023-06-30")
    assert (closed["closed_by"], closed["replaces"], closed["differences"]) == ("li.na", None, [])
    figures = _figures(closed)
    assert figures["amount.energy_import"]["closed"] == pytest.approx(2160)
    assert figures[SCOPE_2]["closed"] == pytest.approx(2160 * 0.4419)
    assert figures["emission.direct.scope1.CO2e"]["closed"] == pytest.approx(1.5 * 1923.5)
    gas = 90 * 273.15 / 293.15 * 2.1621888
    assert figures["emission.direct.scope1.CO2"]["closed"] == pytest.approx(3145.122 + gas, rel=1e-6)
    shared = 1.4571 * 2 / 30 * 15
    gas_tce = 90 * 273.15 / 293.15 * 1.2143e-3
    assert figures["tce"]["closed"] == pytest.approx(2160 * 0.1229e-3 + gas_tce + shared)
    assert figures["cost"]["closed"] > 0
    assert {figure["drift"] for figure in figures.values()} == {0.0}


def test_the_hash_is_that_of_its_lines(service: Any) -> None:
    closed = _post(service, JUNE)
    rows = service.get(f"/periods/{closed['id']}/rows")
    text = "".join(f"{line}\n" for line in rows["lines"])
    assert hashlib.sha256(text.encode()).hexdigest() == rows["hash"] == closed["hash"]
    assert rows["lines"] == sorted(rows["lines"])
    assert any('"sort":"factor"' in line and '"value":0.4419' in line for line in rows["lines"])
    assert any('"sort":"price"' in line for line in rows["lines"])


def test_closing_the_same_rows_again_changes_nothing(service: Any) -> None:
    first, again = _post(service, JUNE), _post(service, {**JUNE, "who": "wang"})
    assert (again["new"], again["id"], again["closed_by"]) == (False, first["id"], "li.na")
    assert len(service.get("/periods")["periods"]) == 1


def test_what_comes_later_is_drift_and_not_in_the_closed_figure(service: Any) -> None:
    first = _post(service, JUNE)
    _late(service)
    figure = _figures(service.get(f"/periods/{first['id']}"))[SCOPE_2]
    assert figure["closed"] == pytest.approx(2160 * 0.4419)
    assert figure["current"] == pytest.approx(2400 * 0.4419)
    assert figure["drift"] == pytest.approx(240 * 0.4419)


def test_a_report_tells_what_was_closed_and_how_far_it_drifted(service: Any) -> None:
    first, month = _post(service, JUNE), {"from": "2023-06-01", "to": "2023-07-01", "step": "month"}
    _late(service)
    answer = service.get("/emissions", by="enterprise", **month)
    [note] = answer["closed"]
    assert (note["id"], note["area"], note["hash"]) == (first["id"], "hall", first["hash"])
    figure = _figures(note)[SCOPE_2]
    assert (figure["closed"], figure["drift"]) == (pytest.approx(2160 * 0.4419), pytest.approx(240 * 0.4419))
    shown = [each["values"] for each in answer["series"] if each["scope"] == "2"]
    assert shown == [[pytest.approx(figure["current"])]]
    later = {"from": "2023-07-01", "to": "2023-08-01", "step": "month"}
    assert service.get("/emissions", by="enterprise", **later)["closed"] == []


def test_a_reissue_needs_a_reason_and_keeps_both_with_their_differences(service: Any) -> None:
    first = _post(service, JUNE)
    _late(service)
    refused = _post(service, JUNE, 422)
    assert "is closed already as number" in refused["errors"][0]["reason"]
    second = _post(service, {**JUNE, "reissue": "a reading came late"})
    assert (second["replaces"], second["reason"]) == (first["id"], "a reading came late")
    changed = {(one["row"], one["field"]) for one in second["differences"]}
    assert ("emission M1 energy_import 2023-06-10 location CO2", "kg") in changed
    old = service.get(f"/periods/{first['id']}")
    assert (old["replaced_by"], old["hash"]) == (second["id"], first["hash"])
    assert _figures(old)[SCOPE_2]["closed"] == pytest.approx(2160 * 0.4419)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({**JUNE, "area": "E9"}, "area"),
        ({**JUNE, "period": "2023-06-01"}, "period"),
        ({**JUNE, "period": "2999"}, "period"),
        ({**JUNE, "reissue": "why not"}, "reissue"),
    ],
)
def test_what_cannot_be_closed_is_named(service: Any, order: dict[str, str], field: str) -> None:
    assert [each["field"] for each in _post(service, order, 422)["errors"]] == [field]


def test_a_period_that_is_still_being_settled_waits(service: Any) -> None:
    service.post([{"meter": "M1", "time": "2023-06-11T00:00:00+08:00", "values": {"energy_import": 2400.0}}])
    assert "still being settled" in _post(service, JUNE, 422)["errors"][0]["reason"]


def test_the_frozen_numbers_come_out_again_whatever_the_library_says_now(service: Any) -> None:
    closed = _post(service, JUNE)
    _forget_factors(service)
    _late(service)
    proof = service.get(f"/periods/{closed['id']}/recomputation")
    assert (proof["same"], proof["differences"]) == (True, [])
    assert proof["hash"] == proof["hash_again"] == closed["hash"]
    for figure in proof["figures"]:
        assert figure["recomputed"] == pytest.approx(figure["frozen"], rel=1e-6), figure["name"]


def _forget_factors(service: Any) -> None:
    """The library loses every factor, and everything is settled anew."""
    service.plan = replace(service.plan, library=replace(service.plan.library, factors=()))
    service.worker = Worker(service.database, basis_of(service.plan))


def test_a_measured_heating_value_comes_out_again_too(service: Any) -> None:
    measured = {**ACTIVITY, "period": "2023-08", "document": "bill 9", "heating_value": 42.0}
    assert service.call("POST", "/api/v1/activities", json=measured).status_code == 200
    service.settle()
    closed = _post(service, {**JUNE, "period": "2023-08"})
    burnt = 2 * 42.0 * 0.0202 * 0.98 * 44 / 12 * 1e3
    assert _figures(closed)["emission.direct.scope1.CO2"]["closed"] == pytest.approx(burnt)
    proof = service.get(f"/periods/{closed['id']}/recomputation")
    assert (proof["same"], proof["differences"]) == (True, [])
    days = {"from": "2023-08-01", "to": "2023-09-01"}
    [part] = service.get("/trace/emissions", area="hall", **days)["parts"]
    assert part["conversion"] == pytest.approx(42.0 / 43.33, rel=1e-6)


def test_a_row_that_was_tampered_with_is_found(service: Any) -> None:
    closed = _post(service, JUNE)
    with service.database.connection() as tx:
        tx.execute(
            "update closed_row set content = replace(content, '\"kg\":106.05', '\"kg\":96.05')"
            " where content like '%energy_import%'"
        )
    proof = service.get(f"/periods/{closed['id']}/recomputation")
    assert proof["same"] is False
    assert proof["hash_again"] != proof["hash"]
    assert {one["field"] for one in proof["differences"]} == {"kg"}


def test_the_command_proves_it(service: Any, migrated_url: str) -> None:
    _post(service, JUNE)
    variables = {"PARKWATT_DATABASE_URL": make_conninfo(migrated_url)}
    done = CliRunner().invoke(app, ["recompute", "--period", "2023-06", "--area", "hall"], env=variables)
    assert done.exit_code == 0, done.output
    assert "Every number came out again." in done.output
    with service.database.connection() as tx:
        tx.execute("update closed_row set content = replace(content, '240.0', '250.0')")
    done = CliRunner().invoke(app, ["recompute", "--period", "2023-06"], env=variables)
    assert done.exit_code == 1
    assert "they were changed" in done.output
    assert CliRunner().invoke(app, ["recompute", "--period", "77"], env=variables).exit_code == 1
    assert CliRunner().invoke(app, ["recompute", "--period", "June"], env=variables).exit_code == 2
