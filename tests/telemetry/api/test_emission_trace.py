"""From a figure of emissions to meters, amounts, coverage, factors, formulas and documents."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from telemetry.jobs.settle import Worker, basis_of
from telemetry.model import Site

pytestmark = pytest.mark.database
DAYS = {"from": "2023-06-01", "to": "2023-06-03"}
DIESEL = {
    "period": "2023-06",
    "enterprise": "hall",
    "kind": "diesel",
    "amount": 3000,
    "unit": "kg",
    "document": "invoice 7",
    "who": "li.na",
}
CERTIFICATE = {
    "registry_id": "GEC-1",
    "vintage": "2023",
    "mwh": 1,
    "technology": "wind",
    "generator": "Yangjiang 2",
    "consumer": "hall",
    "interval": "2023-06",
    "who": "li.na",
}


def _settled(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    moved = [{"from": "2023-06-02", "role": "check"}]
    service = start(
        make_site(
            {"code": "M1", "role": "boundary", "area": "hall", "max_gap_s": 3600},
            {"code": "M2", "role": "boundary", "area": "hall", "max_gap_s": 3600, "history": moved},
            {"code": "M3", "area": "hall"},
            {"code": "P1", "role": "boundary", "max_gap_s": 3600},
        )
    )
    hours = [f"2023-06-{1 + n // 24:02}T{n % 24:02}:00:00+08:00" for n in range(49)]
    service.post(
        [
            {"meter": meter, "time": at, "values": {"energy_import": 100.0 * n}}
            for meter in ("M1", "M2", "M3", "P1")
            for n, at in enumerate(hours)
        ]
    )
    for place, row in (("activities", DIESEL), ("certificates", CERTIFICATE)):
        assert service.call("POST", f"/api/v1/{place}", json=row).status_code == 200
    service.settle()
    return service


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return _settled(start, make_site)


@pytest.fixture(scope="module")
def unchanged(start_for_file: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """For what changes nothing: one service for all of it."""
    return _settled(start_for_file, make_site)


def _parts(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {part["meter"] or part["quantity"]: part for part in answer["parts"]}


def test_the_figure_is_what_its_parts_come_to(unchanged: Any) -> None:
    answer = unchanged.get("/trace/emissions", area="hall", **DAYS)
    reported = unchanged.get("/emissions", by="enterprise", step="day", **DAYS)["series"]
    for figure in answer["figures"]:
        parts = [
            p["kg"] for p in answer["parts"] if (p["gas"], p["scope"]) == (figure["gas"], figure["scope"])
        ]
        assert figure["kg"] == pytest.approx(sum(parts), rel=1e-12)
        shown = [
            sum(s["values"]) for s in reported if (s["gas"], s["scope"]) == (figure["gas"], figure["scope"])
        ]
        assert figure["kg"] == pytest.approx(sum(shown), rel=1e-9)
        assert figure["complete"] is True
    assert {(f["gas"], f["scope"]) for f in answer["figures"]} == {("CO2", "1"), ("CO2", "2")}


def test_a_meter_counts_while_it_crosses_the_boundary(unchanged: Any) -> None:
    parts = _parts(unchanged.get("/trace/emissions", area="hall", **DAYS))
    assert parts.keys() == {"M1", "M2", "diesel"}
    assert (parts["M1"]["amount"], parts["M2"]["amount"]) == (pytest.approx(4800), pytest.approx(2400))
    assert (parts["M2"]["from"], parts["M2"]["to"]) == ("2023-06-01", "2023-06-01")
    assert parts["M1"]["formula"] == "4800 kWh x 0.4419 kgCO2/kWh"
    assert parts["M1"]["kg"] == pytest.approx(4800 * 0.4419)
    assert parts["M1"]["coverage"] == pytest.approx(1.0)
    factor = parts["M1"]["factor"]
    assert (factor["edition"], factor["rule"], bool(factor["source"])) == ("mee-2023", "own_year", True)
    assert factor["why"] == "data year 2023 is the day's own"


def test_it_leads_on_to_the_readings(unchanged: Any) -> None:
    [part] = unchanged.get("/trace/emissions", meter="M3", **DAYS)["parts"]
    [link] = part["traces"]
    assert unchanged.call("GET", link).json()["amount"] == pytest.approx(part["amount"])


def test_a_document_gives_the_share_of_the_days(unchanged: Any) -> None:
    answer = unchanged.get("/trace/emissions", area="hall", **DAYS)
    part, [document] = _parts(answer)["diesel"], answer["documents"]
    assert (part["record"], document["document"], document["posted_by"]) == (
        document["id"],
        "invoice 7",
        "li.na",
    )
    assert (part["amount"], part["conversion"]) == (pytest.approx(200), 0.001)
    assert part["formula"].startswith("200 kg x 0.001 t/kg x 3.145")
    assert part["kg"] == pytest.approx(0.2 * 3145.122, abs=0.01)
    assert [each["document"] for each in answer["certificates"]] == ["GEC-1"]


def test_the_park_is_the_default_and_counts_its_own_meter(unchanged: Any) -> None:
    answer = unchanged.get("/trace/emissions", **DAYS)
    assert answer["area"] == "park"
    assert _parts(answer).keys() == {"P1", "diesel"}


def test_what_is_asked_wrongly_is_named(unchanged: Any) -> None:
    both = unchanged.call("GET", "/api/v1/trace/emissions", params={"area": "hall", "meter": "M1", **DAYS})
    long = unchanged.call("GET", "/api/v1/trace/emissions", params={"from": "2020-01-01", "to": "2022-01-01"})
    none = unchanged.call("GET", "/api/v1/trace/emissions", params={"area": "E9"})
    assert [each.status_code for each in (both, long, none)] == [422] * 3


def test_a_library_that_changes_while_the_service_runs_answers_at_once(service: Any) -> None:
    service.get("/emissions", by="enterprise", step="day", **DAYS)
    library = service.plan.library
    grid = tuple(
        replace(each, id="new", value=0.5) if each.value == 0.4419 and each.region == "CN-GD" else each
        for each in library.factors
    )
    plan = replace(service.plan, library=replace(library, factors=grid))
    service.current.adopt(plan)
    service.worker = Worker(service.database, basis_of(plan))
    service.settle()
    answer = service.get("/emissions", by="enterprise", step="day", **DAYS)
    [bought] = [each for each in answer["series"] if each["quantity"] == "energy_import"]
    assert [(factor["id"], factor["value"]) for factor in bought["factors"]] == [("new", 0.5)]
    assert bought["shortfalls"] == []
    assert _parts(service.get("/trace/emissions", area="hall", **DAYS))["M1"]["factor"]["id"] == "new"
