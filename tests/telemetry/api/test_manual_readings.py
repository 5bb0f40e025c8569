"""Readings that a person enters: counters like others, with who read them in the trace."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from telemetry.cli import app
from telemetry.model import Site

pytestmark = pytest.mark.database
PATH = "/api/v1/manual-readings"
NOTE = {"quantity": "energy_import", "who": "li.na", "note": "display scratched"}


def at(clock: str) -> str:
    return f"2026-11-20T{clock}:00+08:00"


def row(clock: str, value: float) -> dict[str, Any]:
    return {"meter": "M", "time": at(clock), "value": value, **NOTE}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return start(
        make_site(
            {"code": "M", "multiplier": 80, "max_gap_s": 3600},
            {"code": "V", "formula": {"energy_import": "2 * M.energy_import"}},
        )
    )


def test_they_are_settled_and_the_trace_tells_who_read_them(service: Any) -> None:
    posted = service.call("POST", PATH, json=[row("08:00", 14250), row("09:00", 15890)])
    assert posted.status_code == 200, posted.text
    assert posted.json()["accepted"] == 2
    assert service.call("POST", PATH, json=row("09:00", 15890)).json()["duplicate"] == 1
    service.settle()
    trace = service.get("/trace", meter="M", **{"from": at("08:00"), "to": at("09:00")})
    assert trace["amount"] == 131_200
    assert {batch["source"] for batch in trace["batches"]} == {"manual"}
    (first, second) = trace["entered"]
    assert (first["time"], first["value"], first["who"], first["note"]) == (
        at("08:00"),
        14250,
        "li.na",
        "display scratched",
    )
    assert second["entered_at"]


def test_one_that_contradicts_what_stands_is_kept_aside(service: Any) -> None:
    service.post([{"meter": "M", "time": at("08:00"), "values": {"energy_import": 14250}}])
    assert service.call("POST", PATH, json=row("08:00", 14520)).json()["conflict"] == 1
    (aside,) = service.get("/meters/M")["conflicts"]
    accepted = {"kind": "accept", "conflict": aside["id"], "who": "wang.wei", "reason": "read twice"}
    answer = service.call("POST", "/api/v1/corrections", json=accepted)
    assert answer.json()["readings"] == [{"time": at("08:00"), "original": 14250, "corrected": 14520}]


@pytest.mark.parametrize(
    ("field", "reason", "other"),
    [
        ("who", "is missing", {"who": None}),
        ("who", "length >= 1", {"who": ""}),
        ("who", "a space", {"who": " li.na"}),
        ("meter", "no meter in service", {"meter": "X"}),
        ("meter", "reckoned by a formula", {"meter": "V"}),
        ("quantity", "not in the catalogue", {"quantity": "warmth"}),
        ("time", "lies in the future", {"time": "2100-01-01T00:00:00Z"}),
        ("value", "float", {"value": "many"}),
        ("remark", "no field of this", {"remark": "x"}),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_and_the_others_are_kept(
    service: Any,
    field: str,
    reason: str,
    other: dict[str, Any],
) -> None:
    wrong = {name: value for name, value in {**row("08:00", 1), **other}.items() if value is not None}
    alone = service.call("POST", PATH, json=wrong)
    assert alone.status_code == 422
    (mistake,) = alone.json()["errors"]
    assert mistake["field"] == f"0.{field}"
    assert reason in mistake["reason"]
    beside = service.call("POST", PATH, json=[row("08:00", 2), wrong]).json()
    assert (beside["accepted"], [(r["row"], r["field"]) for r in beside["rejected"]]) == (1, [(1, field)])


def test_they_are_entered_at_the_command_line(
    service: Any,
    address: str,
) -> None:
    def enter(meter: str, value: str) -> tuple[int, str]:
        asked = ["enter", meter, value, "--who", "li.na", "--at", at("08:00"), "--to", address]
        done = CliRunner().invoke(app, asked)
        return done.exit_code, done.output.strip()

    assert enter("M", "14250") == (0, "Entered.")
    assert enter("M", "14250") == (0, "It stood already.")
    assert enter("M", "14520")[1].startswith("Another value stands at this time")
    assert enter("X", "1") == (1, "meter: no meter in service has this code")
    trace = service.get("/trace", meter="M", **{"from": at("08:00"), "to": at("09:00")})
    assert [(entry["value"], entry["who"]) for entry in trace["entered"]] == [
        (14250, "li.na"),
        (14520, "li.na"),
    ]


def test_nothing_else_is_posted_as_if_a_person_had_entered_it(service: Any) -> None:
    rows = [{"meter": "M", "time": at("08:00"), "values": {"energy_import": 14250}}]
    refused = service.call("POST", "/api/v1/readings?source=manual", json=rows)
    assert refused.status_code == 422
    (mistake,) = refused.json()["errors"]
    assert (mistake["field"], mistake["value"]) == ("source", "manual")
    assert "POST /api/v1/manual-readings" in mistake["reason"]


def test_no_source_of_a_site_takes_their_name(make_site: Callable[..., Site]) -> None:
    site = dict(make_site({"code": "M"}))
    with pytest.raises(ValidationError, match="belongs to readings that people enter"):
        Site.model_validate(site | {"sources": [{"kind": "push", "code": "manual"}]})
