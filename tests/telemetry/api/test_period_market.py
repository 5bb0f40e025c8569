"""Scope 2 of closed months by both bases: frozen with what served each kWh, drifting, and reckoned anew."""

import json
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


@pytest.mark.parametrize("also", [(), (("contracts", PARK_SHARE),), (("certificates", OWN_SOLD),)])
def test_the_market_based_figure_comes_out_again_from_frozen_rows(
    service: Service, also: tuple[tuple[str, JSON], ...]
) -> None:
    for place, row in also:
        put(service, place, row)
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
