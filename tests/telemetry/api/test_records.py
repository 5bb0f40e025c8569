"""Activities, certificates and production: posted, checked, counted once, listed, withdrawn."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
DIESEL = {
    "period": "2023-06",
    "enterprise": "hall",
    "kind": "diesel",
    "amount": 2.0,
    "unit": "t",
    "document": "invoice 7",
    "who": "li.na",
}
DIESEL_KG = 2 * 3145.122
CERTIFICATE = {
    "registry_id": "GEC-1",
    "vintage": "2023",
    "mwh": 12.0,
    "technology": "wind",
    "generator": "Yangjiang 2",
    "consumer": "hall",
    "interval": "2023-06",
    "who": "li.na",
}
BOTTLES = {
    "period": "2023-06",
    "enterprise": "hall",
    "product": "bottle",
    "quantity": 48_000,
    "unit": "piece",
    "who": "wang",
}
JUNE = {"from": "2023-06-01", "to": "2023-07-01", "step": "month"}


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return start(make_site({"code": "M1", "role": "boundary", "area": "hall"}))


def _post(service: Any, place: str, body: object, status: int = 200) -> Any:
    response = service.call("POST", f"/api/v1/{place}", json=body)
    assert response.status_code == status, response.text
    return response.json()


def _withdraw(service: Any, place: str, number: int) -> Any:
    return _post(service, f"{place}/{number}/withdrawal", {"who": "wang", "reason": "wrong month"})


def test_an_activity_answers_with_its_emissions_and_their_factor(service: Any) -> None:
    said = _post(service, "activities", DIESEL)
    assert (said["accepted"], said["duplicate"], said["rejected"]) == (1, 0, [])
    [record] = said["records"]
    [mass] = record["emissions"]
    assert (mass["gas"], mass["scope"], mass["shortfalls"]) == ("CO2", "1", [])
    assert mass["kg"] == pytest.approx(DIESEL_KG, abs=0.1)
    [factor] = mass["factors"]
    assert (factor["unit"], factor["edition"], factor["region"]) == ("tCO2/t", "cn-industry-guideline", "CN")
    assert (factor["from"], factor["to"], bool(factor["source"])) == ("2023-06-01", "2023-06-30", True)
    assert (record["from"], record["to"], record["posted_by"]) == ("2023-06-01", "2023-06-30", "li.na")


@pytest.mark.parametrize(
    ("place", "row"), [("activities", DIESEL), ("certificates", CERTIFICATE), ("production", BOTTLES)]
)
def test_the_same_twice_changes_nothing(service: Any, place: str, row: Mapping[str, Any]) -> None:
    first, again = _post(service, place, [row, row]), _post(service, place, row)
    assert (first["accepted"], first["duplicate"]) == (1, 1)
    assert (again["accepted"], again["duplicate"]) == (0, 1)
    assert again["records"] == first["records"][:1]
    assert len(service.get(f"/{place}")["records"]) == 1


def test_the_good_part_of_a_list_is_kept(service: Any) -> None:
    rows = [
        {**DIESEL, "amount": -3},
        DIESEL,
        {**DIESEL, "kind": "disel"},
        {**DIESEL, "unit": "kWh"},
        {**DIESEL, "enterprise": "E9"},
        {**DIESEL, "period": "2023-13"},
        {**DIESEL, "period": "2999"},
        {key: value for key, value in DIESEL.items() if key != "who"},
        {**DIESEL, "colour": "red"},
        "diesel",
    ]
    said = _post(service, "activities", rows)
    assert said["accepted"] == 1
    told = [(each["row"], each["field"], each["value"]) for each in said["rejected"]]
    assert told == [
        (0, "amount", "-3"),
        (2, "kind", "disel"),
        (3, "unit", "kWh"),
        (4, "enterprise", "E9"),
        (5, "period", "2023-13"),
        (6, "period", "2999-01-01"),
        (7, "who", None),
        (8, "colour", None),
        (9, "row", "diesel"),
    ]
    reasons = [each["reason"] for each in said["rejected"]]
    assert reasons[1] == "is no kind of activity; did you mean 'diesel'?"
    assert reasons[2] == "does not fit diesel, which is counted in t, kg"
    assert reasons[6:8] == ["is missing", "is no field of this"]


def test_a_measured_heating_value_makes_the_emissions(service: Any) -> None:
    rows = [
        {**DIESEL, "heating_value": 42.9},
        {**DIESEL, "document": "invoice 8", "gross_heating_value": 45.0},
        {**DIESEL, "document": "invoice 9", "gross_heating_value": 45.0, "heating_value": 42.9},
        {**DIESEL, "document": "invoice 10", "kind": "heat", "unit": "GJ", "heating_value": 42.9},
    ]
    said = _post(service, "activities", rows)
    assert [record["heating_value"] for record in said["records"]] == [42.9, pytest.approx(42.75)]
    kg = [record["emissions"][0]["kg"] for record in said["records"]]
    assert kg == pytest.approx([2 * 0.0202 * 0.98 * 44 / 12 * 1e3 * each for each in (42.9, 42.75)])
    told = [(each["row"], each["field"], each["reason"]) for each in said["rejected"]]
    assert told == [
        (2, "gross_heating_value", "stands beside a net one; give one of them"),
        (3, "heating_value", "cannot be used: no carbon content of heat is known"),
    ]
    service.settle()
    assert service.get("/inventory", period="2023-06", area="hall")["scopes"]["1"]["CO2"] == pytest.approx(
        sum(kg)
    )


def test_nothing_taken_is_a_refusal(service: Any) -> None:
    problem = _post(service, "activities", [{**DIESEL, "amount": -3}], 422)
    assert problem["errors"][0]["field"] == "0.amount"
    assert _post(service, "activities", b"{".decode(), 422)["detail"].startswith("None of the rows")


def test_another_amount_for_the_same_document_is_named(service: Any) -> None:
    [first] = _post(service, "activities", DIESEL)["records"]
    problem = _post(service, "activities", {**DIESEL, "amount": 5.0}, 422)
    assert problem["errors"][0] == {
        "field": "0.amount",
        "value": "5.0",
        "reason": f"number {first['id']} says 2 t for the same; withdraw that first",
    }


def test_a_certificate_counts_once_whoever_asks(service: Any) -> None:
    _post(service, "certificates", CERTIFICATE)
    problem = _post(service, "certificates", {**CERTIFICATE, "consumer": "park"}, 422)
    assert problem["errors"][0]["field"] == "0.registry_id"
    assert "counts already" in problem["errors"][0]["reason"]


def test_what_is_withdrawn_stays_to_be_read_and_does_not_come_back_by_itself(service: Any) -> None:
    [first] = _post(service, "activities", DIESEL)["records"]
    gone = _withdraw(service, "activities", first["id"])
    assert (gone["withdrawn"]["by"], gone["withdrawn"]["reason"]) == ("wang", "wrong month")
    assert _withdraw(service, "activities", first["id"]) == gone
    assert service.get("/activities")["records"] == []
    assert service.get("/activities", withdrawn="true")["records"] == [gone]
    again = _post(service, "activities", DIESEL, 422)
    assert "was withdrawn" in again["errors"][0]["reason"]
    assert _post(service, "activities", {**DIESEL, "amount": 5.0})["accepted"] == 1
    _post(service, "certificates/99/withdrawal", {"who": "wang", "reason": "x"}, 404)


def test_reports_count_activities_by_area_enterprise_scope_and_carrier(service: Any) -> None:
    _post(service, "activities", DIESEL)
    service.settle()
    for by, keys in (
        ("area", {"hall", "park"}),
        ("enterprise", {"hall"}),
        ("scope", {"1"}),
        ("carrier", {"fuel"}),
    ):
        series = service.get("/emissions", by=by, **JUNE)["series"]
        assert {each["key"] for each in series} == keys
        for each in series:
            assert (each["quantity"], each["scope"], each["origin"]) == ("diesel", "1", "documents")
            assert each["values"] == pytest.approx([DIESEL_KG], abs=0.1)
            assert (each["coverage"], each["estimated"]) == ([1.0], [False])


def test_days_share_a_months_activity_evenly(service: Any) -> None:
    _post(service, "activities", DIESEL)
    service.settle()
    days = {"from": "2023-06-29", "to": "2023-07-02", "step": "day", "by": "enterprise"}
    [series] = service.get("/emissions", **days)["series"]
    assert series["values"] == pytest.approx([DIESEL_KG / 30] * 2 + [None], abs=0.01)
    assert series["estimated"] == [True, True, False]


def test_withdrawal_takes_it_out_of_the_reports(service: Any) -> None:
    [record] = _post(service, "activities", DIESEL)["records"]
    service.settle()
    _withdraw(service, "activities", record["id"])
    assert service.get("/emissions", by="enterprise", **JUNE)["series"] == []


def test_an_activity_without_a_factor_is_a_shortfall_and_not_zero(
    start: Callable[..., Any],
    make_site: Callable[..., Site],
) -> None:
    service = start(make_site(region="DE"))
    [record] = _post(service, "activities", {**DIESEL, "unit": "L"})["records"]
    [mass] = record["emissions"]
    assert (mass["kg"], mass["factors"]) == (None, [])
    assert "no combustion diesel" in mass["shortfalls"][0]["reason"]
    service.settle()
    [series] = service.get("/emissions", by="enterprise", **JUNE)["series"]
    assert (series["values"], len(series["shortfalls"])) == ([None], 1)


def test_a_certificate_marks_the_statement_of_its_consumer(service: Any) -> None:
    service.settle()
    _post(service, "certificates", [CERTIFICATE, {**CERTIFICATE, "registry_id": "GEC-2", "consumer": "park"}])
    with service.database.connection() as tx:
        marks = tx.execute("select stage, lo::text from dirty").fetchall()
    assert [stage for stage, _ in marks] == ["daily"]
