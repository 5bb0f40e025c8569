"""Scope 2 by both bases, as known now and as closed: what served each kWh, drift, the same reckoned anew."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from telemetry.model import Site
from telemetry.reports import periods
from telemetry.reports.periods import Books

pytestmark = pytest.mark.database
JSON = Service = Any
EDGES = "2023-06-01T00:00:00+08:00", "2023-07-01T00:00:00+08:00"
AMOUNTS: Mapping[str, Mapping[str, float]] = {
    "E-1": {"energy_import": 100_000.0, "energy_export": 5_000.0},
    "PV-1": {"energy_export": 20_000.0},
    "H-1": {"heat_energy": 300.0},
    "P-1": {"energy_import": 300_000.0},
}
JUNE = {"area": "hall", "period": "2023-06", "who": "li.na"}
WHO = {"consumer": "hall", "who": "li.na"}
GREEN = {
    **WHO,
    "registry_id": "GEC-1",
    "vintage": "2023",
    "mwh": 10.0,
    "technology": "wind",
    "generator": "Yangjiang 2",
    "interval": "2023-06",
}
PPA = {
    **WHO,
    "contract": "PPA-1",
    "supplier": "Yangjiang",
    "period": "2023-06",
    "mwh": 20.0,
    "factor": 50.0,
    "factor_unit": "gCO2/kWh",
    "source": "annex 3",
}
PARK_SHARE = {**PPA, "contract": "PPA-2", "consumer": "park", "mwh": None, "share_percent": 25.0}
OWN_SOLD = {**GREEN, "registry_id": "GEC-2", "generator": "PV-1", "consumer": "park", "mwh": 6.0}
DIESEL = {
    "period": "2023-06",
    "enterprise": "hall",
    "kind": "diesel",
    "amount": 2.0,
    "unit": "t",
    "document": "invoice 7",
    "who": "li.na",
}
MARKET, LOCATION = "emission.market.scope2.CO2", "emission.location.scope2.CO2"
HEAT = 300 * 110.0


def _meter(code: str, role: str, area: str = "hall", **rest: JSON) -> dict[str, JSON]:
    return {"code": code, "role": role, "area": area, "max_gap_s": 3e6, **rest}


@pytest.fixture
def service(start: Callable[..., Service], make_site: Callable[..., Site]) -> Service:
    service = start(
        make_site(
            _meter("P-1", "boundary", "park"),
            _meter("E-1", "boundary"),
            _meter("PV-1", "generation", parent="E-1"),
            _meter("H-1", "boundary", carrier="heat"),
        )
    )
    service.post(
        [
            {"meter": code, "time": at, "values": {name: share * total for name, total in amounts.items()}}
            for code, amounts in AMOUNTS.items()
            for share, at in enumerate(EDGES)
        ]
    )
    service.settle()
    put(service, "certificates", GREEN)
    put(service, "contracts", PPA)
    return service


def put(service: Service, place: str, row: JSON) -> int:
    response = service.call("POST", f"/api/v1/{place}", json=row)
    assert response.status_code == 200, response.text
    return int(response.json()["records"][0]["id"])


def close(service: Service, **more: str) -> JSON:
    service.settle()
    response = service.call("POST", "/api/v1/periods", json={**JUNE, **more})
    assert response.status_code == 200, response.text
    return response.json()


def figures(answer: JSON, side: str = "closed") -> dict[str, float]:
    return {figure["name"]: figure[side] for figure in answer["figures"]}


def near(value: float) -> JSON:
    return pytest.approx(value, rel=1e-9)


def test_a_month_is_closed_by_both_bases_with_what_served_it(service: Service) -> None:
    found = figures(close(service))
    assert found[LOCATION] == near(100_000 * 0.4419 + HEAT)
    assert found[MARKET] == near(20_000 * 0.05 + 70_000 * 0.6096 + HEAT)
    served = {name: kwh for name, kwh in found.items() if name.startswith("served.")}
    assert served == {
        "served.certificate": near(10_000),
        "served.contract": near(20_000),
        "served.residual": near(70_000),
    }
    inventory = service.get("/inventory", period="2023-06", area="hall")
    assert found[MARKET] == near(inventory["scope2_market"]["CO2"])


def test_own_use_whose_certificates_others_have_is_frozen_as_load(service: Service) -> None:
    put(service, "certificates", OWN_SOLD)
    found = close(service)
    assert figures(found)[MARKET] == near(20_000 * 0.05 + 76_000 * 0.6096 + HEAT)
    rows = [json.loads(line) for line in service.get(f"/periods/{found['id']}/rows")["lines"]]
    unbacked = [row["kwh"] for row in rows if row["sort"] == "load" and row["source"] == "unbacked"]
    assert sum(unbacked) == near(6_000)
    assert "GEC-2" in {row["document"] for row in rows if row["sort"] == "record"}


def test_the_market_based_figure_comes_out_again_from_frozen_rows(service: Service) -> None:
    put(service, "contracts", PARK_SHARE)
    put(service, "certificates", OWN_SOLD)
    number = close(service)["id"]
    proof = service.get(f"/periods/{number}/recomputation")
    assert proof["same"], proof["differences"][:5]
    again = {each["name"]: each["recomputed"] for each in proof["figures"]}
    assert again[MARKET] == near(figures(service.get(f"/periods/{number}"))[MARKET])


def test_a_certificate_that_comes_later_moves_the_current_figure_alone(service: Service) -> None:
    before = close(service)
    put(service, "certificates", {**GREEN, "registry_id": "GEC-9", "mwh": 5.0})
    found = service.get(f"/periods/{before['id']}")
    assert figures(found)[MARKET] == figures(before)[MARKET]
    assert figures(found, "drift")[MARKET] == near(-5_000 * 0.6096)
    assert figures(found, "drift")[LOCATION] == 0.0
    service.settle()
    assert service.call("POST", "/api/v1/periods", json=JUNE).status_code == 422
    again = close(service, reissue="certificate of May arrived")
    changed = {(each["row"].split()[0], each["field"]) for each in again["differences"]}
    assert ("instrument", "kwh") in changed
    assert ("load", "open") in changed
    assert figures(again)[MARKET] == near(figures(before)[MARKET] - 5_000 * 0.6096)


def test_a_month_closed_in_the_older_form_is_compared_in_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Books._rows  # closes as the edition before did
    with monkeypatch.context() as older:
        older.setattr(periods, "FORM", 1)
        older.setattr(Books, "_rows", lambda self, tx, stretch, _=1: rows(self, tx, stretch, 1))
        before = close(service)
    assert MARKET not in figures(before)
    again = close(service)
    assert (again["new"], again["hash"]) == (False, before["hash"])
    assert (figures(again)[MARKET], figures(again, "drift")[MARKET]) == (None, None)
    assert service.get(f"/periods/{again['id']}/recomputation")["same"]


RANGE = {"from": "2023-06-01", "to": "2023-07-01", "step": "month", "area": "hall"}


def power(service: Service, **asked: str) -> JSON:
    found = service.get("/emissions", **{**RANGE, **asked})
    return next(each for each in found["series"] if each["carrier"] == "electricity")


def served(series: JSON) -> dict[str, float]:
    return {each["document"] or each["tier"]: sum(each["kwh"]) for each in series["served"]}


def test_emissions_tell_electricity_by_what_served_it(service: Service) -> None:
    of = [power(service, basis="market", by=by) for by in ("area", "enterprise", "carrier", "scope")]
    assert {each["values"][0] for each in of} == {of[0]["values"][0]}
    found = of[0]
    assert found["values"] == [near(20_000 * 0.05 + 70_000 * 0.6096)]
    assert served(found) == {"GEC-1": near(10_000), "PPA-1": near(20_000), "residual": near(70_000)}
    assert [each["id"] for each in found["factors"]] == ["cn.grid.national.exmkt.2023"]
    assert (found["coverage"], found["origin"]) == ([1.0], "meters")


def test_days_come_to_their_month_and_heat_stands_in_both_bases(service: Service) -> None:
    days, month = (power(service, basis="market", step=step) for step in ("day", "month"))
    assert sum(days["values"]) == near(month["values"][0])
    found = {basis: service.get("/emissions", **RANGE, basis=basis) for basis in ("location", "market")}
    heat = {
        basis: [each["values"] for each in answer["series"] if each["carrier"] == "heat"]
        for basis, answer in found.items()
    }
    assert heat["market"] == heat["location"] == [[near(HEAT)]]
    assert [answer["basis"] for answer in found.values()] == ["location", "market"]


def test_electricity_that_nothing_rates_is_null_with_its_reason(service: Service) -> None:
    edges = {"from": "2005-06-01", "to": "2005-07-01"}
    service.post(
        [
            {"meter": "E-1", "time": f"2005-0{month}-01T00:00:00+08:00", "values": {"energy_import": kwh}}
            for month, kwh in ((6, 0.0), (7, 10.0))
        ]
    )
    service.settle()
    found = power(service, basis="market", **edges)
    assert found["values"] == [None]
    assert found["shortfalls"][0]["from"] == "2005-06-01"
    assert served(found) == {"none": near(10.0)}


def test_what_a_basis_or_a_state_cannot_tell_is_refused_by_name(service: Service) -> None:
    for field, asked in (
        ("basis", {"basis": "market", "by": "meter"}),
        ("basis", {"basis": "market", "step": "hour"}),
        ("basis", {"basis": "market", "quantity": "energy_import"}),
        ("revision", {"basis": "market", "revision": "reported"}),
        ("state", {"state": "closed", "by": "carrier"}),
        ("state", {"state": "closed", "step": "hour"}),
        ("revision", {"state": "closed", "revision": "reported"}),
    ):
        response = service.call("GET", "/api/v1/emissions", params={**RANGE, **asked})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)
    meter = {"meter": "E-1", "basis": "market", "from": "2023-06-01", "to": "2023-07-01"}
    response = service.call("GET", "/api/v1/trace/emissions", params=meter)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "basis")


def test_closed_figures_stay_when_the_current_ones_move(service: Service) -> None:
    put(service, "activities", DIESEL)
    close(service)
    bases = ("location", "market")
    before = {basis: service.get("/emissions", **RANGE, basis=basis)["series"] for basis in bases}
    late = {"meter": "E-1", "time": EDGES[1], "values": {"energy_import": 160_000.0}}
    service.post([{**late, "time": "2023-06-16T00:00:00+08:00", "values": {"energy_import": 60_000.0}}])
    service.settle()
    put(service, "certificates", {**GREEN, "registry_id": "GEC-9", "mwh": 5.0})
    for basis in bases:
        closed = service.get("/emissions", **RANGE, basis=basis, state="closed")
        assert closed["state"] == "closed"
        assert _near(closed["series"]) == _values(before[basis])
        [note] = closed["closed"]
        assert next(f["drift"] for f in note["figures"] if f["name"] == MARKET) == near(-5_000 * 0.6096)
        days = service.get("/emissions", **{**RANGE, "step": "day"}, basis=basis, state="closed")["series"]
        assert {key: [near(sum(kg))] for key, kg in _values(days).items()} == _values(before[basis])


def test_days_that_no_period_tells_are_null(service: Service) -> None:
    close(service)
    asked = {**RANGE, "to": "2023-08-01"}
    found = service.get("/emissions", **asked, state="closed", basis="market")["series"]
    assert [each["values"][1] for each in found] == [None, None]
    assert all(each["values"][0] is not None for each in found)


def _values(series: JSON) -> dict[tuple[str, str, str], list[float | None]]:
    return {(each["quantity"], each["scope"], each["gas"]): each["values"] for each in series}


def _near(series: JSON) -> dict[tuple[str, str, str], list[JSON]]:
    return {key: [near(kg) for kg in values] for key, values in _values(series).items()}


def test_a_market_based_figure_is_traced_to_instruments_and_factors(service: Service) -> None:
    put(service, "contracts", PARK_SHARE)
    asked = {"from": "2023-06-01", "to": "2023-07-01", "area": "hall"}
    found = service.get("/trace/emissions", **asked, basis="market")
    [figure] = found["figures"]
    inventory = service.get("/inventory", period="2023-06", area="hall")
    assert figure["kg"] == near(inventory["scope2_market"]["CO2"])
    parts = {each["tier"]: each for each in found["parts"] if each["tier"] != "contract" and each["tier"]}
    assert parts["certificate"]["formula"] == "10000 kWh x 0 kgCO2/kWh (certificate GEC-1)"
    assert (parts["residual"]["amount"], parts["residual"]["meter"]) == (near(45_000), "E-1")
    assert parts["residual"]["factor"]["id"] == "cn.grid.national.exmkt.2023"
    assert parts["residual"]["traces"]
    contracts = [each["amount"] for each in found["parts"] if each["tier"] == "contract"]
    assert contracts == [near(20_000), near(25_000)]
    assert [each["record"] for each in found["parts"] if each["record"]] == [
        each["id"] for each in (*found["certificates"], *found["contracts"])
    ]


def test_a_year_is_matched_as_a_year_and_no_month_takes_another_month_s_certificates(
    service: Service,
) -> None:
    """73 MWh of the year are 6 MWh of June; asked for as a year, they serve what the year bought."""
    put(service, "certificates", {**GREEN, "registry_id": "GEC-Y", "interval": "2023", "mwh": 73.0})

    def served(period: str) -> float:
        found = service.get("/inventory", period=period, area="hall")["market"]["certificates"]
        return float(next(each["kwh"] for each in found if each["document"] == "GEC-Y"))

    assert served("2023") == near(73_000.0)
    assert served("2023-06") == near(6_000.0)
    assert served("2023-05") == served("2023-07") == 0.0
    asked = {"from": "2023-01-01", "to": "2024-01-01", "by": "area", "area": "hall", "basis": "market"}
    year = service.get("/inventory", period="2023", area="hall")["scope2_market"]["CO2"]
    months = service.get("/emissions", **asked, step="month")["series"]
    told = [kg for each in months if each["scope"] == "2" for kg in each["values"] if kg is not None]
    assert math.fsum(told) == near(year)
