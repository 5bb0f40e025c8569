"""An enterprise that the utility supplies by a contract of its own: its bill, demand, prices and plans."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
Start = Callable[..., Any]
Made = Callable[..., Site]
FIRST = datetime.fromisoformat("2023-10-01T00:00:00+08:00")
QUARTERS = 31 * 96
SURGE_AT = 13 * 96 + 4 * 12
PARK = {
    "since": "2023-01-01",
    "demand": {"basis": "contract", "contract_kw": 1000, "price": "36.1", "source": "the park's contract"},
}
OWN = {
    "since": "2023-01-01",
    "demand": {"basis": "contract", "contract_kw": 500, "price": "40", "source": "its own contract"},
}


def _park(make_site: Made, below: str | None = "main", **own: Any) -> Site:
    def area(code: str, kind: str, parent: str | None = None) -> dict[str, Any]:
        return {"code": code, "kind": kind, "parent": parent, "name": {"en": code, "zh": code}}

    supply = {"tariff": "demo-park", "since": "2023-10-01", "contracts": [OWN], **own}
    return make_site(
        {"code": "main", "max_gap_s": 7200, "role": "boundary"},
        {"code": "m1", "max_gap_s": 7200, "role": "boundary", "area": "one", "parent": "main"},
        {"code": "m2", "max_gap_s": 7200, "role": "boundary", "area": "two", "parent": below},
        {"code": "press", "max_gap_s": 7200, "role": "load", "area": "hall", "parent": "m2"},
        areas=[
            area("park", "park"),
            area("one", "enterprise", "park"),
            area("two", "enterprise", "park"),
            area("hall", "workshop", "two"),
        ],
        billing={"tariff": "demo-park", "contracts": [PARK], "own": {"two": supply}},
    )


def _rising(meter: str, kwh: float, surge: float = 0.0, since: int = 0) -> list[dict[str, Any]]:
    """A counter that rises by `kwh` every quarter hour, and by `surge` more in one of them."""
    at = sorted({*range(since, QUARTERS + 1, 8), SURGE_AT, SURGE_AT + 1})
    return [
        {
            "meter": meter,
            "time": (FIRST + timedelta(minutes=15 * n)).isoformat(),
            "values": {"energy_import": 1e5 + n * kwh + (surge if n > SURGE_AT else 0.0)},
        }
        for n in at
    ]


def _read(service: Any, since: int = 0) -> None:
    service.post(_rising("main", 25.0, 250.0, since))
    service.post(_rising("m1", 15.0, since=since))
    service.post(_rising("m2", 8.0, 250.0, since))
    service.settle()


def _told(bill: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(x["kind"], x["code"], x["quantity"], x["amount"]) for x in bill["lines"]]


def test_its_bill_is_by_its_own_contract_and_off_the_parks(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    _read(service)
    two = service.get("/bill", month="2023-10", area="two")["bill"]
    assert _told(two) == [
        ("energy", "flat", "9178.00", "6424.60"),
        ("energy", "peak", "6944.00", "7985.60"),
        ("energy", "valley", "7936.00", "2380.80"),
        ("demand", "contract", "500.00", "20000.00"),
        ("excess", "contract", "507.00", "40560.00"),
    ]
    assert two["total"] == "77351.00"
    whole = service.get("/bills", month="2023-10")
    assert (whole["apart"], [bill["area"] for bill in whole["parties"]]) == (["two"], ["one"])
    assert whole["demand"]["kw"] == 68.0
    assert _told(whole["park"]) == [
        ("energy", "flat", "18972.00", "13280.40"),
        ("energy", "peak", "14756.00", "16969.40"),
        ("energy", "valley", "16864.00", "5059.20"),
        ("demand", "contract", "1000", "36100.00"),
    ]
    assert whole["parties"][0]["total"] == whole["park"]["total"] == "71409.00"


@pytest.mark.parametrize(("single", "charged"), [(False, "39710.00"), (True, "41515.00")])
def test_1_100_kw_under_a_contract_of_1_000_are_charged_as_the_setting_says(
    start: Start, make_site: Made, single: bool, charged: str
) -> None:
    site = _park(make_site, below=None)
    assert site.billing is not None
    [whole] = site.billing.contracts
    demand = replace(whole.demand, first_5_percent_single=single)
    billing = site.billing.model_copy(update={"contracts": (replace(whole, demand=demand),)})
    service = start(site.model_copy(update={"billing": billing}))
    _read(service)
    lines = service.get("/bills", month="2023-10")["park"]["lines"]
    of_demand = [Decimal(line["amount"]) for line in lines if line["kind"] in {"demand", "excess"}]
    assert sum(of_demand) == Decimal(charged)


def test_a_supply_beside_the_parks_meters_takes_nothing_off_its_bill(start: Start, make_site: Made) -> None:
    service = start(_park(make_site, below=None))
    _read(service)
    whole = service.get("/bills", month="2023-10")
    assert whole["park"]["kwh"] == 25.0 * QUARTERS + 250.0
    assert whole["demand"]["kw"] == 1100.0


def test_a_closed_month_holds_the_prices_of_its_own_contract(start: Start, make_site: Made) -> None:
    """Ten days by the park's tariff, 21 by its own."""
    own = {"tariff": "cn-gd-331-2021", "series": "prd5-commercial-below-1kv", "since": "2023-10-11"}
    service = start(_park(make_site, **own, contracts=[]))
    _read(service)
    order = {"area": "two", "period": "2023-10", "who": "li.na"}
    closed = service.call("POST", "/api/v1/periods", json=order).json()
    rows = [json.loads(each) for each in service.get(f"/periods/{closed['id']}/rows")["lines"]]
    prices = {(row["tariff"], row["series"]) for row in rows if row["sort"] == "price"}
    days = {(row["day"] < "2023-10-11", row["tariff"], row["series"]) for row in rows if row["sort"] == "day"}
    assert {tariff for early, tariff, _ in days if early} == {"demo-park"}
    assert {tariff for early, tariff, _ in days if not early} == {"cn-gd-331-2021"}
    assert {(tariff, series) for _, tariff, series in days} == prices
    again = service.get(f"/periods/{closed['id']}/recomputation")
    assert (again["same"], again["differences"]) == (True, [])


def test_a_contract_that_ended_keeps_its_days(start: Start, make_site: Made) -> None:
    """From the 11th to the 20th by its own tariff, before and after by the park's."""
    own = {"tariff": "cn-gd-331-2021", "series": "prd5-commercial-below-1kv"}
    service = start(_park(make_site, **own, since="2023-10-11", to="2023-10-20", contracts=[]))
    _read(service)
    for day, tariff in ((10, "demo-park"), (11, own["tariff"]), (20, own["tariff"]), (21, "demo-park")):
        for step in ("day", "hour"):
            asked = {"from": f"2023-10-{day}", "to": f"2023-10-{day + 1}", "step": step, "by": "area"}
            [two] = [each for each in service.get("/cost", **asked)["series"] if each["key"] == "two"]
            assert {band["tariff"] for band in two["bands"]} == {tariff}, (day, step)
    order = {"area": "two", "period": "2023-10", "who": "li.na"}
    closed = service.call("POST", "/api/v1/periods", json=order).json()
    rows = [json.loads(each) for each in service.get(f"/periods/{closed['id']}/rows")["lines"]]
    assert {row["tariff"] for row in rows if row["sort"] == "price"} == {"demo-park", own["tariff"]}
    assert service.get(f"/periods/{closed['id']}/recomputation")["same"]


def test_from_the_day_after_it_ended_the_park_is_billed_for_it_again(start: Start, make_site: Made) -> None:
    service = start(_park(make_site, since="2023-08-01", to="2023-09-30"))
    _read(service)
    months = {month: service.get("/bills", month=month) for month in ("2023-09", "2023-10")}
    assert [bills["apart"] for bills in months.values()] == [["two"], []]
    assert [bill["area"] for bill in months["2023-10"]["parties"]] == ["one", "two"]
    assert service.get("/demand", month="2023-10", area="two")["contract_kw"] is None


def test_the_block_that_runs_and_the_months_maximum_hold_nothing_of_it(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    block = int(time.time()) // 900 * 900 - 900
    service.hub._clock = lambda: block + 600.0
    rows = [
        {
            "meter": code,
            "time": datetime.fromtimestamp(block + 60 * minute, UTC).isoformat(),
            "values": {"energy_import": 10 + kw * minute / 60, "active_power": kw},
        }
        for code, kw in (("main", 100.0), ("m2", 30.0))
        for minute in range(-40, 11)
    ]
    service.post(rows)
    service.settle()
    demand = service.tick()["park"]["demand"]
    assert demand["so_far_kw"] == pytest.approx(70.0 * 600 / 900)
    assert demand["projected_kw"] == pytest.approx(70.0)
    assert service.get("/demand")["running"] == demand
    assert demand["month_max_kw"] is None or demand["month_max_kw"] == pytest.approx(70.0)


def test_its_tenants_bear_their_part_of_its_bill(start: Start, make_site: Made) -> None:
    site = _park(make_site, contracts=[{**OWN, "tenants": ["hall"]}])
    meters = tuple(
        meter.model_copy(update={"role": "boundary"}) if meter.code == "press" else meter
        for meter in site.meters
    )
    service = start(site.model_copy(update={"meters": meters}))
    service.post(_rising("press", 2.0))
    _read(service)
    found = service.get("/bills", month="2023-10", area="two")
    assert found["park"]["total"] == "77351.00"
    assert [bill["area"] for bill in found["parties"]] == ["two", "hall"]
    hall = service.get("/bill", month="2023-10", area="hall")["bill"]
    assert _told(hall)[0] == ("energy", "flat", "2232.00", "1562.40")
    assert sum(float(bill["total"]) for bill in found["parties"]) == pytest.approx(77351.00)


def test_before_its_first_day_it_is_under_the_parks(start: Start, make_site: Made) -> None:
    service = start(_park(make_site, since="2023-11-01"))
    _read(service)
    whole = service.get("/bills", month="2023-10")
    assert (whole["apart"], [bill["area"] for bill in whole["parties"]]) == ([], ["one", "two"])
    assert service.get("/demand", month="2023-10", area="two")["contract_kw"] is None
    refused = service.call("GET", "/api/v1/bills", params={"month": "2023-10", "area": "two"})
    assert (refused.status_code, "no supply contract of its own" in refused.text) == (422, True)


def test_days_are_priced_by_its_own_tariff_from_its_first_day_on(start: Start, make_site: Made) -> None:
    own = {"tariff": "cn-gd-331-2021", "series": "prd5-commercial-below-1kv", "since": "2023-10-11"}
    service = start(_park(make_site, **own, contracts=[]))
    _read(service)
    service.post(_rising("press", 1.0))
    service.settle()
    for by, code in (("meter", "press"), ("area", "two")):
        found = service.get("/cost", **{"from": "2023-10-10", "to": "2023-10-12", "step": "day", "by": by})
        (series,) = [each for each in found["series"] if each["key"] == code]
        assert [{b["tariff"] for b in series["bands"] if b["amounts"][day]} for day in (0, 1)] == [
            {"demo-park"},
            {"cn-gd-331-2021"},
        ]
    found = service.get("/cost", **{"from": "2023-10-11", "to": "2023-10-12", "step": "day", "by": "area"})
    (one,) = [each for each in found["series"] if each["key"] == "one"]
    assert {band["tariff"] for band in one["bands"]} == {"demo-park"}


def test_demand_is_set_against_its_own_contract(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    _read(service)
    two = service.get("/demand", month="2023-10", area="two")
    assert (two["maximum"]["kw"], two["contract_kw"], two["double_above_kw"]) == (1032.0, 500.0, 525.0)
    hall = service.get("/demand", month="2023-10", area="hall")
    assert (hall["contract_kw"], hall["basis"]) == (None, "contract")
    assert service.get("/demand", month="2023-10")["maximum"]["kw"] == 68.0


def test_the_utilitys_bill_for_it_is_compared_with_its_own(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    _read(service)
    line = {"kind": "energy", "code": "valley", "amount": "2380.80", "quantity": "7936.00"}
    body = {"month": "2023-10", "document": "B-2", "area": "two", "lines": [line]}
    found = service.call("POST", "/api/v1/bill/comparison", json=body).json()
    assert found["ours"] == "77351.00"
    assert [each["code"] for each in found["lines"] if each["agrees"]] == ["valley"]


def test_hours_are_priced_by_its_own_tariff_from_its_first_day_on(start: Start, make_site: Made) -> None:
    own = {"tariff": "cn-gd-331-2021", "series": "prd5-commercial-below-1kv", "since": "2023-10-11"}
    service = start(_park(make_site, **own, contracts=[]))
    _read(service)
    asked = {"from": "2023-10-10T23:00:00+08:00", "to": "2023-10-11T01:00:00+08:00", "step": "hour"}
    found = {each["key"]: each for each in service.get("/cost", **asked, by="area")["series"]}

    def tariffs(area: str) -> list[set[str]]:
        return [{b["tariff"] for b in found[area]["bands"] if b["amounts"][hour]} for hour in (0, 1)]

    assert tariffs("two") == [{"demo-park"}, {"cn-gd-331-2021"}]
    assert tariffs("one") == [{"demo-park"}, {"demo-park"}]
    assert found["two"]["amounts"] == [32.0, 32.0]


def test_shares_by_band_are_held_against_its_own_valley_share(start: Start, make_site: Made) -> None:
    service = start(_park(make_site, valley_share=0.5))
    _read(service)
    found = service.get("/band-shares", **{"from": "2023-10-02", "to": "2023-10-03", "by": "enterprise"})
    short = {each["key"]: each["short_kwh"] for each in found["series"]}
    assert short["one"] is None
    assert short["two"] == pytest.approx(8 * 96 * (0.5 - 1 / 3))


PLAN = {"from": "2023-10-12", "to": "2023-10-13", "base_kw": 350}


def _job(code: str, line: str) -> dict[str, Any]:
    return {
        "code": code,
        "line": line,
        "power_kw": 300,
        "duration_min": 60,
        "start": "2023-10-12T10:00:00+08:00",
    }


def test_a_plan_of_its_lines_is_checked_by_its_own_contract(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    for line, limit in (("press", 500.0), ("hall", 500.0), ("m1", None)):
        body = {**PLAN, "jobs": [_job("J", line)]}
        found = service.call("POST", "/api/v1/plans/check", json=body).json()
        conflicts = found["jobs"][0]["conflicts"]
        assert [each["limit"] for each in conflicts if each["kind"] == "demand"] == [limit] * bool(limit)


def test_jobs_under_two_contracts_are_refused_by_job_and_field(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    body = {**PLAN, "jobs": [_job("J", "m1"), _job("K", "press")]}
    response = service.call("POST", "/api/v1/plans/check", json=body)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["field"], error["value"]) == ("jobs.1.line", "press")


def test_what_else_draws_under_the_parks_contract_is_without_it(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    _read(service)
    for line, kw in (("m1", 8.0), ("press", 32.0)):
        body = {"from": "2023-10-31", "to": "2023-11-01", "jobs": [_job("J", line) | {"start": None}]}
        found = service.call("POST", "/api/v1/plans/check", json=body).json()
        assert set(found["outlook"]["base_kw"]) == {kw}
