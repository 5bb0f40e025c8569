"""The audit log as whoever may look into it sees it, and its proof by the command."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from telemetry.cli import app
from telemetry.jobs.heads import HeadKeeper
from telemetry.model import Site
from telemetry.settings.audit_heads import noted

pytestmark = pytest.mark.database

FIRST = "the-token-of-the-start"


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """With a key for an auditor, and one for someone who only reads."""
    made = start(make_site({"code": "m1"}, {"code": "m2"}))
    made.ask_for_keys(FIRST)
    return made


def _key(service: Any, role: str, **limits: Any) -> str:
    body = {"name": f"{role} {limits}", "roles": [role], **(limits or {"whole_park": True})}
    made = service.ask(FIRST, "POST", "/keys", json=body)
    assert made.status_code == 200, made.text
    return str(made.json()["secret"])


def _log(service: Any, secret: str = FIRST, **sought: Any) -> Any:
    found = service.ask(secret, "GET", "/audit", params=sought)
    assert found.status_code == 200, found.text
    return found.json()


def test_who_made_a_key_is_found_by_the_auditor(service: Any) -> None:
    auditor = _key(service, "auditor")
    (entry,) = _log(service, auditor, kind="api_key", text="auditor")["entries"]
    assert (entry["who"], entry["act"], entry["before"]) == ("first token", "insert", None)
    assert entry["origin"].endswith(" POST /api/v1/keys")
    assert entry["after"]["roles"] == ["auditor"]
    assert auditor not in str(_log(service))


@pytest.mark.parametrize(
    ("role", "limits"),
    [("read", {}), ("energy-manager", {}), ("integrator", {}), ("auditor", {"areas": ["park"]})],
)
def test_it_is_closed_to_others(service: Any, role: str, limits: dict[str, Any]) -> None:
    assert service.ask(_key(service, role, **limits), "GET", "/audit").status_code == 403


def test_it_is_read_page_by_page(service: Any) -> None:
    whole = _log(service, limit=1000)
    assert whole["next"] is None
    found: list[Any] = []
    asked: dict[str, Any] = {"limit": 2}
    while True:
        page = _log(service, **asked)
        found += page["entries"]
        if page["next"] is None:
            break
        assert len(page["entries"]) == 2
        asked["cursor"] = page["next"]
    assert found == whole["entries"]
    assert [each["number"] for each in found] == list(range(len(found), 0, -1))


def test_it_is_searched(service: Any) -> None:
    _key(service, "read")
    every = _log(service, limit=1000)["entries"]
    for sought, fits in [
        ({"name": "m1"}, lambda row: row["name"] == "m1"),
        ({"who": "first token"}, lambda row: row["who"] == "first token"),
        ({"kind": "meter"}, lambda row: row["kind"] == "meter"),
        ({"from": every[3]["at"]}, lambda row: row["number"] >= every[3]["number"]),
        ({"to": every[3]["at"]}, lambda row: row["number"] < every[3]["number"]),
        ({"to": "2020-01-01"}, lambda _: False),
    ]:
        assert _log(service, limit=1000, **sought)["entries"] == [row for row in every if fits(row)], sought
    assert 0 < len(_log(service, name="m1")["entries"]) < len(every)


@pytest.mark.parametrize(
    "asked", [{"from": "yesterday"}, {"cursor": "WzBd"}, {"limit": 0}, {"limit": 10_001}]
)
def test_what_cannot_be_searched_is_refused(service: Any, asked: dict[str, Any]) -> None:
    (field,) = asked
    refused = service.ask(FIRST, "GET", "/audit", params=asked)
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == [field]


def _verify(url: str, folder: Path, *further: str) -> Any:
    variables = {"PARKWATT_DATABASE_URL": url, "PARKWATT_DATA_DIR": str(folder)}
    return CliRunner().invoke(app, ["audit", "verify", *further], env=variables)


def test_the_command_proves_it(service: Any, migrated_url: str, tmp_path: Path) -> None:
    keeper = HeadKeeper(service.database, tmp_path)
    keeper.step()
    keeper.step()
    assert len(noted(tmp_path)) == 1
    _key(service, "read")
    keeper.step()
    number, told = max(noted(tmp_path).items())
    done = _verify(migrated_url, tmp_path)
    assert done.exit_code == 0, done.output
    assert f"{number} rows are as they were written, 2 heads noted before agree." in done.output
    assert f"--head {number}:{told}" in done.output.replace("\n", " ")
    with psycopg.connect(migrated_url) as conn:
        conn.execute("alter table audit disable trigger audit_stands")
        conn.execute("delete from audit where number = %s", [number])
    cut = _verify(migrated_url, tmp_path)
    assert (cut.exit_code, f"Row {number} is missing" in cut.output) == (1, True), cut.output
    elsewhere = _verify(migrated_url, tmp_path / "other")
    assert elsewhere.exit_code == 0, elsewhere.output
    by_hand = _verify(migrated_url, tmp_path / "other", "--head", f"{number}:{told}")
    assert by_hand.exit_code == 1, by_hand.output
    assert _verify(migrated_url, tmp_path, "--head", "7").exit_code == 2


def test_the_running_service_proves_it(service: Any, address: str, tmp_path: Path) -> None:
    auditor = _key(service, "auditor")
    proof = service.ask(auditor, "GET", "/audit/verification").json()
    assert (proof["broken"], proof["reason"], proof["compared"]) == (None, "", 0)
    handed = f"{proof['rows']}:{proof['head']}"
    again = service.ask(auditor, "GET", "/audit/verification", params={"head": handed}).json()
    assert again == {**proof, "compared": 1}
    beyond = f"{proof['rows'] + 1}:{proof['head']}"
    cut = service.ask(auditor, "GET", "/audit/verification", params={"head": [handed, beyond]}).json()
    assert (cut["compared"], cut["broken"]) == (1, proof["rows"] + 1)
    assert service.ask(auditor, "GET", "/audit/verification", params={"head": "7"}).status_code == 422
    assert service.ask(_key(service, "read"), "GET", "/audit/verification").status_code == 403
    variables = {"PARKWATT_TOKEN": auditor, "PARKWATT_DATA_DIR": str(tmp_path)}
    asked = ["audit", "verify", "--to", address, "--head"]
    done = CliRunner().invoke(app, [*asked, handed], env=variables)
    assert (done.exit_code, "1 heads noted before agree" in done.output) == (0, True), done.output
    assert CliRunner().invoke(app, [*asked, beyond], env=variables).exit_code == 1
    shut = CliRunner().invoke(app, asked[:-1], env={**variables, "PARKWATT_TOKEN": "none of them"})
    assert shut.exit_code == 1


def test_an_empty_log_proves_nothing(migrated_url: str, tmp_path: Path) -> None:
    empty = _verify(migrated_url, tmp_path)
    assert (empty.exit_code, "The audit log of the database is empty." in empty.output) == (1, True)


def test_a_torn_line_of_the_heads_is_passed_over(tmp_path: Path) -> None:
    line = f"2026-11-22T08:00:00+00:00 7 {'a' * 64}"
    (tmp_path / "audit.heads").write_text(f"{line}\n2026-11-22T08:01:00+00:00 8 abc")
    assert noted(tmp_path) == {7: "a" * 64}
    assert noted(tmp_path / "nothing") == {}


def _told(service: Any, path: str, **body: Any) -> Any:
    answer = service.ask(FIRST, "POST", path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_silence_and_its_end_stand_in_it(service: Any) -> None:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    begin = {"to": later, "who": "li.na", "reason": "works", "meters": ["m1"]}
    [silence] = _told(service, "/silences", **begin)["silences"]
    _told(service, f"/silences/{silence['id']}/end", who="wang")
    ended, made = _log(service, kind="alert_silence")["entries"]
    assert (made["who"], made["act"], made["after"]["made_by"]) == ("first token", "insert", "li.na")
    assert (ended["act"], ended["before"]["ended_by"], ended["after"]["ended_by"]) == ("update", None, "wang")


def test_what_people_enter_by_hand_stands_in_it(service: Any) -> None:
    row = {"meter": "m1", "time": "2026-11-20T08:00:00+08:00", "quantity": "energy_import", "value": 12.5}
    _told(service, "/manual-readings", **row, who="li.na", note="display scratched")
    (entry,) = _log(service, kind="manual_reading")["entries"]
    assert (entry["who"], entry["name"]) == ("first token", "m1")
    assert (entry["after"]["value"], entry["after"]["who"]) == (12.5, "li.na")


def test_hourly_factors_stand_in_it_without_their_hours(service: Any) -> None:
    series = {
        "region": "CN-GD",
        "edition": "dispatch June",
        "source": "operator's table 2",
        "start": "2024-06-01T00:00:00+08:00",
        "unit": "gCO2/kWh",
        "values": [300, None, 500],
    }
    made = _told(service, "/hourly-factors", **series, who="li.na")
    withdrawal = {"who": "li.na", "reason": "wrong month"}
    _told(service, f"/hourly-factors/{made['id']}/withdrawal", **withdrawal)
    gone, put = _log(service, kind="hourly_series")["entries"]
    assert (put["act"], gone["after"]["withdrawn_because"]) == ("insert", "wrong month")
    assert not {"hours", "kg"} & {*put["after"]}
