"""A virtual meter as an integrator sees it: listed with its formula, reported, traced, counted once."""

from collections.abc import Callable
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
DAY = {"from": "2026-11-20T08:00:00+08:00", "to": "2026-11-20T08:30:00+08:00"}
FIRST = "MAIN.energy_import - PV.energy_export"
SECOND = "MAIN.energy_import - 0.5 * PV.energy_export"


def at(clock: str) -> str:
    return f"2026-11-20T{clock}:00+08:00"


def rows(meter: str, quantity: str, *shown: float) -> list[dict[str, Any]]:
    """A quarter of an hour apart from eight o'clock."""
    return [
        {"meter": meter, "time": at(f"08:{15 * n:02}"), "values": {quantity: value}}
        for n, value in enumerate(shown)
    ]


@pytest.fixture(scope="module")
def service(start_for_file: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    virtual = {
        "code": "REST",
        "role": "check",
        "formula": {"energy_import": FIRST},
        "history": [{"from": at("08:15"), "formula": {"energy_import": SECOND}}],
    }
    found = start_for_file(make_site({"code": "MAIN", "role": "boundary"}, {"code": "PV"}, virtual))
    found.post(rows("MAIN", "energy_import", 0, 100, 200) + rows("PV", "energy_export", 0, 40, 80))
    found.settle()
    return found


def test_it_is_listed_with_its_formula(service: Any) -> None:
    listed = {meter["code"]: meter for meter in service.get("/meters")["meters"]}
    assert (listed["REST"]["source"], listed["REST"]["formula"]) == (None, {"energy_import": SECOND})
    assert listed["MAIN"]["formula"] is None
    dated = [(term["from"], term["formula"]) for term in service.get("/meters/REST")["terms"]]
    assert dated[1:] == [(at("08:15"), {"energy_import": SECOND})]


def test_it_is_reported_and_counts_in_no_sum(service: Any) -> None:
    asked = {**DAY, "step": "15min", "quantity": "energy_import"}
    (series,) = service.get("/energy", by="meter", meter="REST", **asked)["series"]
    assert (series["values"], series["coverage"]) == ([60, 80], [1, 1])
    (area,) = service.get("/energy", by="area", **asked)["series"]
    assert (area["key"], area["values"]) == ("park", [100, 100])


def test_its_trace_shows_formula_editions_and_terms(service: Any) -> None:
    trace = service.get("/trace", meter="REST", **DAY)
    assert (trace["amount"], trace["formula"], trace["spans"]) == (140, SECOND, [])
    first, second = trace["editions"]
    assert (first["from"], first["to"], first["formula"]) == (at("08:00"), at("08:15"), FIRST)
    assert (second["from"], second["to"]) == (at("08:15"), at("08:30"))
    assert [(t["meter"], t["quantity"], t["factor"], t["values"]) for t in second["terms"]] == [
        ("MAIN", "energy_import", 1, [100]),
        ("PV", "energy_export", -0.5, [40]),
    ]


def test_a_quantity_that_no_formula_tells_is_refused(service: Any) -> None:
    answer = service.call(
        "GET", "/api/v1/trace", params={"meter": "REST", "quantity": "energy_export", **DAY}
    )
    assert answer.status_code == 422
    assert "no formula of REST tells it then; told are energy_import" in answer.text
