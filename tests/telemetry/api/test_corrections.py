"""What a person puts right: what it changes, what is kept, how it is undone, what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
DAY = {"from": "2026-11-20T08:00:00+08:00", "to": "2026-11-20T09:00:00+08:00"}
SAID = {"who": "li.na", "reason": "digits swapped when read"}
METER = {"meter": "M", "quantity": "energy_import"}


def at(clock: str) -> str:
    return f"2026-11-20T{clock}:00+08:00"


def rows(*shown: float | None, quantity: str = "energy_import") -> list[dict[str, Any]]:
    """A quarter of an hour apart from eight o'clock."""
    return [
        {"meter": "M", "time": at(f"{8 + n // 4:02}:{15 * (n % 4):02}"), "values": {quantity: value}}
        for n, value in enumerate(shown)
        if value is not None
    ]


def _metered(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    half = {"code": "HALF", "formula": {"energy_import": "0.5 * M.energy_import"}}
    found = start(make_site({"code": "M", "role": "boundary", "multiplier": 2}, {"code": "N"}, half))
    found.post(rows(100, 110, 125, 130, 140))
    found.settle()
    return found


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return _metered(start, make_site)


@pytest.fixture(scope="module")
def unchanged(start_for_file: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """For what changes nothing: one service for all of it."""
    return _metered(start_for_file, make_site)


def correct(service: Any, **posted: Any) -> Any:
    answer = service.call("POST", "/api/v1/corrections", json={**SAID, **posted})
    assert answer.status_code == 200, answer.text
    service.worker.drain()
    return answer.json()


def refused(service: Any, field: str, reason: str, **posted: Any) -> None:
    answer = service.call("POST", "/api/v1/corrections", json={**SAID, **posted})
    assert answer.status_code == 422, answer.text
    (mistake,) = answer.json()["errors"]
    assert mistake["field"] == field
    assert reason in mistake["reason"]


def values(service: Any, meter: str = "M", **asked: str) -> list[float | None]:
    query = {**DAY, "by": "meter", "meter": meter, "step": "15min", "quantity": "energy_import", **asked}
    series = service.get("/energy", **query)["series"]
    found: list[float | None] = series[0]["values"] if series else []
    return found


def test_a_replaced_reading_is_settled_kept_listed_and_undone(service: Any) -> None:
    assert values(service) == [20, 30, 10, 20]
    made = correct(service, kind="replace", **METER, readings=[{"time": at("08:30"), "value": 120}])
    assert values(service) == [20, 20, 20, 20]
    assert values(service, "HALF") == [10, 10, 10, 10]
    assert made["readings"] == [{"time": at("08:30"), "original": 125, "corrected": 120}]
    trace = service.get("/trace", meter="M", **DAY)
    assert [r["value"] for r in trace["readings"]] == [100, 110, 120, 130, 140]
    (told,) = trace["corrections"]
    assert told == made
    assert (told["who"], told["reason"], told["kind"]) == ("li.na", SAID["reason"], "replace")
    assert told["made_at"]
    undone = correct(service, kind="undo", correction=made["id"])
    assert values(service) == [20, 30, 10, 20]
    assert undone["readings"] == [{"time": at("08:30"), "original": 120, "corrected": 125}]
    listed = service.get("/corrections", meter="M")["corrections"]
    assert [(one["id"], one["undoes"], one["undone_by"]) for one in listed] == [
        (undone["id"], made["id"], None),
        (made["id"], None, undone["id"]),
    ]


def test_withdrawn_readings_count_no_more_and_do_not_come_back_with_their_source(service: Any) -> None:
    made = correct(service, kind="withdraw", **METER, **{"from": at("08:30"), "to": at("08:45")})
    assert values(service) == [20, pytest.approx(20), pytest.approx(20), 20]
    assert service.post(rows(100, 110, 125, 130, 140))["conflict"] == 1
    service.post(rows(None, None, 230.5, quantity="voltage"))
    service.worker.drain()
    assert values(service) == [20, pytest.approx(20), pytest.approx(20), 20]
    (aside,) = service.get("/meters/M")["conflicts"]
    assert (aside["kept"], aside["offered"], aside["accepted_by"]) == (None, 125, None)
    accepted = correct(service, kind="accept", conflict=aside["id"])
    assert accepted["readings"] == [{"time": at("08:30"), "original": None, "corrected": 125}]
    assert service.get("/meters/M")["conflicts"][0]["accepted_by"] == accepted["id"]
    refused(service, "conflict", "its value stands", kind="accept", conflict=aside["id"])
    refused(service, "correction", f"undo {accepted['id']} first", kind="undo", correction=made["id"])
    correct(service, kind="undo", correction=accepted["id"])
    correct(service, kind="undo", correction=made["id"])
    assert [r["value"] for r in service.get("/trace", meter="M", **DAY)["readings"]] == [
        100,
        110,
        125,
        130,
        140,
    ]


def test_the_value_of_a_conflict_can_be_accepted(service: Any) -> None:
    assert service.post(rows(None, None, 120))["conflict"] == 1
    (aside,) = service.get("/trace", meter="M", **DAY)["conflicts"]
    made = correct(service, kind="accept", conflict=aside["id"])
    assert values(service) == [20, 20, 20, 20]
    assert made["accepts"] == aside["id"]


def test_an_amount_that_is_set_stands_over_readings_that_come_later(service: Any) -> None:
    before = values(service)
    made = correct(service, kind="amount", **METER, **{"from": at("08:15"), "to": at("08:45")}, amount=50)
    assert values(service) == [before[0], 25, 25, before[3]]
    assert values(service, "HALF")[1] == 12.5
    day = service.get(
        "/energy",
        by="meter",
        meter="M",
        step="day",
        quantity="energy_import",
        **{"from": "2026-11-20", "to": "2026-11-21"},
    )
    assert day["series"][0]["values"] == [sum(values(service))]
    assert service.get("/trace", meter="M", **DAY)["coverages"] == [1, 0, 0, 1]
    service.post([{"meter": "M", "time": "2026-11-20T08:20:00+08:00", "values": {"energy_import": 115}}])
    service.worker.drain()
    assert values(service)[1:3] == [25, 25]
    (told,) = service.get("/trace", meter="M", **DAY)["corrections"]
    assert (told["amount"], told["from"], told["to"]) == (50, at("08:15"), at("08:45"))
    correct(service, kind="undo", correction=made["id"])
    assert values(service) == before


def test_an_amount_of_a_meter_without_readings(service: Any) -> None:
    told = {"meter": "N", "quantity": "gas_volume_0c", "from": at("08:00"), "to": at("08:30")}
    made = correct(service, kind="amount", **told, amount=3)
    assert values(service, "N", quantity="gas_volume_0c") == [1.5, 1.5, None, None]
    day = {"from": "2026-11-20", "to": "2026-11-21", "step": "day", "by": "meter", "meter": "N"}
    assert service.get("/energy", **day)["series"][0]["values"] == [3]
    trace = service.get("/trace", meter="N", quantity="gas_volume_0c", **DAY)
    assert (trace["amount"], trace["corrections"], trace["readings"]) == (3, [made], [])
    assert trace["formula"] == "set by a correction, spread evenly over its interval"
    correct(service, kind="undo", correction=made["id"])
    assert values(service, "N", quantity="gas_volume_0c") == []
    assert service.get("/energy", **day)["series"] == []


def test_the_live_value_follows(service: Any) -> None:
    service.tick()
    correct(service, kind="replace", **METER, readings=[{"time": at("09:00"), "value": 150}])
    rows_ = {row["meter"]: row for row in service.tick()["meters"]}
    assert rows_["M"]["values"]["energy_import"] == 300


@pytest.mark.parametrize(
    ("field", "reason", "posted"),
    [
        ("reason", "is empty", {"reason": " "}),
        ("reason", "expected `str` of length >= 1".replace("`", ""), {"reason": ""}),
        ("who", "is missing", {"who": None}),
        ("kind", "none of replace, withdraw", {"kind": "delete"}),
        ("meter", "no meter has this code", {"meter": "X"}),
        ("meter", "is virtual", {"meter": "HALF"}),
        ("quantity", "not in the catalogue", {"quantity": "warmth"}),
        (
            "readings[0].time",
            "no reading of the quantity stands",
            {"readings": [{"time": at("08:31"), "value": 1}]},
        ),
        ("readings[0].value", "is what stands", {"readings": [{"time": at("08:30"), "value": 125}]}),
        ("readings[0].time", "", {"readings": [{"time": "yesterday", "value": 125}]}),
        ("correction", "no correction of this number", {"kind": "undo", "correction": 99}),
        ("conflict", "no conflict of this number", {"kind": "accept", "conflict": 99}),
        ("to", "has to be after from", {"kind": "withdraw", "from": at("09:00"), "to": at("08:00")}),
        ("from", "no reading of the quantity", {"kind": "withdraw", "from": at("10:00"), "to": at("11:00")}),
        (
            "to",
            "not on a quarter hour",
            {"kind": "amount", "from": at("08:00"), "to": at("08:20"), "amount": 1},
        ),
        (
            "quantity",
            "not settled",
            {"kind": "amount", "quantity": "voltage", "from": at("08:00"), "to": at("08:15"), "amount": 1},
        ),
        (
            "to",
            "not over yet",
            {"kind": "amount", "from": at("08:00"), "to": "2027-11-20T08:15:00+08:00", "amount": 1},
        ),
    ],
)
def test_what_cannot_be_corrected_is_refused_with_its_field(
    unchanged: Any,
    field: str,
    reason: str,
    posted: dict[str, Any],
) -> None:
    whole = {"kind": "replace", **METER, "readings": [{"time": at("08:30"), "value": 120}], **posted}
    fields = {
        "replace": {"meter", "quantity", "readings"},
        "withdraw": {"meter", "quantity", "from", "to"},
        "amount": {"meter", "quantity", "from", "to", "amount"},
        "accept": {"conflict"},
        "undo": {"correction"},
    }
    kept = fields.get(whole["kind"], set()) | {"kind", "who", "reason"}
    said = {name: value for name, value in {**SAID, **whole}.items() if name in kept and value is not None}
    answer = unchanged.call("POST", "/api/v1/corrections", json=said)
    assert answer.status_code == 422, answer.text
    (mistake,) = answer.json()["errors"]
    assert mistake["field"] == field
    assert reason in mistake["reason"]
    assert unchanged.get("/corrections")["corrections"] == []
