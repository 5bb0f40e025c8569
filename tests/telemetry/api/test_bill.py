"""Bills of a month, as the API answers them: the one that docs/bills.md works out by hand, and its doubts."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from telemetry.model import Site, Term
from telemetry.reports.bill import Terms
from telemetry.reports.month_factor import month_factor

pytestmark = pytest.mark.database
Start = Callable[..., Any]
Made = Callable[..., Site]
D = Decimal
FIRST = datetime.fromisoformat("2023-10-01T00:00:00+08:00")
QUARTERS = 31 * 96
PEAK_AT = 13 * 96 + 4 * 12 + 1
"""The quarter hour from 12:15 on the 14th, in which the second factory starts all at once."""
CONTRACT: dict[str, Any] = {
    "since": "2023-01-01",
    "demand": {
        "basis": "contract",
        "contract_kw": 1000,
        "price": "36.1",
        "source": "supply contract of 2023, annex 2",
    },
    "power_factor": {"standard": "0.90"},
    "tenants": ["shop"],
    "sharing": {
        "by": "area",
        "charges_by": "share",
        "area": {"one": 3000, "two": 1500, "shop": 500},
        "share": {"one": 5, "two": 4, "shop": 1},
    },
}


def _area(code: str, kind: str, parent: str | None = None) -> dict[str, Any]:
    return {"code": code, "kind": kind, "parent": parent, "name": {"en": code, "zh": code}}


def _park(make_site: Made, contract: dict[str, Any] = CONTRACT, **billing: Any) -> Site:
    return make_site(
        {"code": "main", "max_gap_s": 7200, "role": "boundary"},
        {"code": "m1", "max_gap_s": 7200, "role": "boundary", "area": "one", "parent": "main"},
        {"code": "ms", "max_gap_s": 7200, "role": "boundary", "area": "shop", "parent": "m1"},
        {"code": "m2", "max_gap_s": 7200, "role": "boundary", "area": "two", "parent": "main"},
        areas=[
            _area("park", "park"),
            _area("one", "enterprise", "park"),
            _area("shop", "workshop", "one"),
            _area("two", "enterprise", "park"),
        ],
        billing={"tariff": "demo-park", "contracts": [contract], **billing},
    )


def _rising(
    meter: str, kwh: float, *, kvarh: float | None = None, surge: float = 0.0, every: int = 8
) -> list[dict[str, Any]]:
    """A counter that rises by `kwh` every quarter hour, and by `surge` more in one of them."""
    rows = []
    for n in sorted({*range(0, QUARTERS + 1, every), PEAK_AT, PEAK_AT + 1}):
        values = {"energy_import": n * kwh + (surge if n > PEAK_AT else 0.0)}
        if kvarh is not None:
            values["reactive_import"] = n * kvarh
        rows.append({"meter": meter, "time": _at(n), "values": values})
    return rows


def _at(quarter: int) -> str:
    return (FIRST + timedelta(minutes=15 * quarter)).isoformat()


def _read(service: Any) -> None:
    service.post(_rising("main", 25.0, kvarh=15.5, surge=250.0))
    service.post(_rising("m1", 15.0))
    service.post(_rising("ms", 3.0))
    service.post(_rising("m2", 8.0, surge=250.0))
    service.settle()


def _told(bill: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(x["kind"], x["code"], x["quantity"], x["price"], x["amount"]) for x in bill["lines"]]


def test_the_bill_that_the_docs_work_out_by_hand(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    _read(service)
    found = service.get("/bills", month="2023-10")
    assert (found["first_day"], found["last_day"], found["currency"]) == ("2023-10-01", "2023-10-31", "CNY")
    assert found["demand"] == {
        "kw": 1100.0,
        "start": "2023-10-14T12:15:00+08:00",
        "window_s": 900,
        "windows": 2976,
        "unmeasured": 0,
    }
    assert _told(found["park"]) == [
        ("energy", "flat", "28150.00", "0.70", "19705.00"),
        ("energy", "peak", "21700.00", "1.15", "24955.00"),
        ("energy", "valley", "24800.00", "0.30", "7440.00"),
        ("demand", "contract", "1000", "36.1", "36100.00"),
        ("excess", "contract", "50.00", "72.2", "3610.00"),
        ("power_factor", "", "0.85", "2.50", "2295.25"),
    ]
    assert (found["park"]["total"], found["park"]["provisional"]) == ("94105.25", False)
    one, shop, two = found["parties"]
    assert _told(one) == [
        ("energy", "flat", "13392.00", "0.70", "9374.40"),
        ("common", "flat", "1339.20", "0.70", "937.44"),
        ("energy", "peak", "10416.00", "1.15", "11978.40"),
        ("common", "peak", "1041.60", "1.15", "1197.84"),
        ("energy", "valley", "11904.00", "0.30", "3571.20"),
        ("common", "valley", "1190.40", "0.30", "357.12"),
        ("demand", "contract", "500.00", "36.1", "18050.00"),
        ("excess", "contract", "25.00", "72.2", "1805.00"),
        ("power_factor", "", "0.85", "2.50", "1147.63"),
    ]
    assert one["total"] == "48419.03"
    assert [shop["total"], two["total"]] == ["10846.92", "34839.30"]
    assert sum(D(bill["total"]) for bill in found["parties"]) == D(found["park"]["total"])
    assert (found["unshared"], found["reasons"]) == ("0.00", [])


def test_what_the_power_factor_will_cost_by_the_end_of_the_month(start: Start, make_site: Made) -> None:
    """14 of 31 days at 1675 a day and 175 for the surge, demand as for the whole month, 2.5 % of all."""
    site, days = _park(make_site), 14
    service = start(site)
    main = _rising("main", 25.0, kvarh=15.5, surge=250.0)
    service.post([row for row in main if row["time"] <= _at(days * 96)])
    service.settle()
    terms = Terms(site, service.current.plan.tariff, service.current.plan.library.adjustments)
    with service.database.connection() as tx:
        found = month_factor(tx, terms, FIRST + timedelta(days=days))
    assert found is not None
    assert (found.factor, found.so_far, found.whole, found.currency) == (0.85, 1583.38, 2300.56, "CNY")


def test_every_line_of_the_park_is_shared_out_to_the_cent(start: Start, make_site: Made) -> None:
    service = start(_park(make_site, {**CONTRACT, "sharing": {}}))
    service.post(_rising("main", 1 / 3, kvarh=0.1, surge=0.7))
    for meter, share in (("m1", 0.21), ("ms", 0.0533), ("m2", 0.097)):
        service.post(_rising(meter, share, surge=0.001))
    service.settle()
    found = service.get("/bills", month="2023-10")
    for line in found["park"]["lines"]:
        same = [
            part
            for bill in found["parties"]
            for part in bill["lines"]
            if (part["code"], part["source"]) == (line["code"], line["source"])
            and ((part["kind"] == line["kind"]) or (part["kind"], line["kind"]) == ("common", "energy"))
        ]
        assert sum(D(part["amount"]) for part in same) == D(line["amount"])
        if line["unit"]:
            assert sum(D(part["quantity"]) for part in same) == D(line["quantity"])


def test_one_bill_is_the_same_as_among_all(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    _read(service)
    every = service.get("/bills", month="2023-10")
    for bill in (every["park"], *every["parties"]):
        assert service.get("/bill", month="2023-10", area=bill["area"])["bill"] == bill
    sheet = service.call("GET", "/api/v1/bills", params={"month": "2023-10", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
    assert sheet.headers["content-type"].startswith("text/csv")
    mark = {"If-None-Match": sheet.headers["etag"]}
    again = service.call("GET", "/api/v1/bills", params={"month": "2023-10", "format": "csv"}, headers=mark)
    assert (again.status_code, again.content) == (304, b"")
    assert sum(D(row["amount"]) for row in rows if row["area"] == "park") == D(every["park"]["total"])
    assert len(rows) == sum(len(bill["lines"]) for bill in (every["park"], *every["parties"]))
    refused = service.call("GET", "/api/v1/bill", params={"area": "nowhere"})
    assert refused.status_code == 422
    assert "gets no bill" in refused.text


def test_a_tenant_whose_meter_another_has_by_now_has_nothing_to_pay(start: Start, make_site: Made) -> None:
    """So the parties add up to the park; in the month of the move each pays for its own days."""
    site = _park(make_site, {**CONTRACT, "sharing": {"by": "kwh"}})
    moved = Term.model_validate({"from": "2023-10-16", "area": "two", "parent": "m2"}).in_zone(
        ZoneInfo(site.zone)
    )
    meters = [
        meter.model_copy(update={"history": (moved,)}) if meter.code == "ms" else meter
        for meter in site.meters
    ]
    service = start(site.model_copy(update={"meters": meters}))
    _read(service)
    for row in ("main", 25.0), ("m1", 15.0), ("ms", 3.0), ("m2", 8.0):
        at = FIRST + timedelta(days=32)
        values = {"energy_import": (QUARTERS + 96) * row[1] + (250.0 if row[0] in {"main", "m2"} else 0.0)}
        service.post([{"meter": row[0], "time": at.isoformat(), "values": values}])
    service.settle()
    october, november = (service.get("/bills", month=month) for month in ("2023-10", "2023-11"))
    shop = {bill["area"]: bill for bill in october["parties"]}["shop"]
    assert shop["kwh"] == 15 * 96 * 3.0
    left = {bill["area"]: bill for bill in november["parties"]}["shop"]
    assert (left["total"], left["lines"]) == ("0.00", [])
    assert left["reasons"][-1] == "no meter stood at its boundary in this month"
    for found in (october, november):
        known = [D(bill["known"]) for bill in found["parties"]]
        assert sum(known) == D(found["park"]["known"])


def test_what_is_not_known_has_no_amount_and_says_why(start: Start, make_site: Made) -> None:
    contract = {**CONTRACT, "demand": {**CONTRACT["demand"], "basis": "actual"}}
    service = start(_park(make_site, contract))
    surge = {_at(PEAK_AT), _at(PEAK_AT + 1)}
    service.post([row for row in _rising("main", 25.0, every=16) if row["time"] not in surge])
    service.settle()
    found = service.get("/bill", month="2023-10", area="park")["bill"]
    lines = {line["kind"]: line for line in found["lines"]}
    assert lines["energy"]["amount"] is not None
    assert (lines["demand"]["amount"], lines["power_factor"]["amount"]) == (None, None)
    assert "its maximum is not known" in lines["demand"]["reasons"][0]
    assert "no reactive energy is metered" in lines["power_factor"]["reasons"][0]
    assert found["total"] is None
    assert D(found["known"]) > 0
    assert found["provisional"]
    assert found["estimated_kwh"] > 0


def test_without_a_price_nothing_is_free(start: Start, make_site: Made) -> None:
    service = start(_park(make_site, tariff="cn-gd-331-2021", series="prd5-commercial-below-1kv"))
    for time, at in (("2021-09-01T00:00:00+08:00", 0.0), ("2021-09-01T02:00:00+08:00", 50.0)):
        service.post([{"meter": "main", "time": time, "values": {"energy_import": at}}])
    service.settle()
    found = service.get("/bill", month="2021-09", area="park")["bill"]
    assert {line["amount"] for line in found["lines"] if line["kind"] == "energy"} == {None}
    assert {line["reasons"][0] for line in found["lines"]} == {"no price table before 2021-10-01"}
    assert (found["total"], found["known"]) == (None, "0.00")


def test_a_month_by_reading_day_and_the_contract_that_holds_in_it(start: Start, make_site: Made) -> None:
    read = {"since": "2023-01-20", "reading_day": 20}
    service = start(_park(make_site, read))
    _read(service)
    found = service.get("/bill", month="2023-10", area="park")
    assert (found["first_day"], found["last_day"]) == ("2023-09-20", "2023-10-19")
    assert found["bill"]["kwh"] == 19 * 96 * 25.0 + 250.0
    later = service.get("/bill", month="2023-11", area="park")
    assert later["bill"]["kwh"] == 12 * 96 * 25.0
    for path in ("bills", "demand"):
        for month in ("2023", "2023-13", "9999-12", "0001-01", "2023-1"):
            refused = service.call("GET", f"/api/v1/{path}", params={"month": month})
            assert refused.status_code == 422
            assert "is not a month from 1990 to 2199" in refused.text


@pytest.mark.parametrize(("sliding", "kw"), [(None, 1100.0), (60, 1200.0)])
def test_demand_by_a_sliding_window_is_read_from_the_readings(
    start: Start, make_site: Made, sliding: int | None, kw: float
) -> None:
    demand = {"basis": "actual", "price": 1, "source": "s", "sliding_s": sliding}
    service = start(_park(make_site, {"since": "2023-01-01", "demand": demand}))
    minutes = [20.0 if 20 <= n < 35 else 15.0 if 15 <= n < 45 else 5.0 for n in range(120)]
    counter = [sum(minutes[:n]) for n in range(121)]
    service.post(
        [
            {
                "meter": "main",
                "time": (FIRST + timedelta(minutes=n)).isoformat(),
                "values": {"energy_import": at},
            }
            for n, at in enumerate(counter)
        ]
    )
    service.settle()
    found = service.get("/bills", month="2023-10")
    (line,) = [line for line in found["park"]["lines"] if line["kind"] == "demand"]
    assert (line["quantity"], line["amount"]) == (f"{kw:.2f}", f"{kw:.2f}")


def test_demand_of_a_month_and_how_long_which_load_ran(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    _read(service)
    found = service.get("/demand", month="2023-10")
    assert (found["contract_kw"], found["double_above_kw"], found["basis"]) == (1000.0, 1050.0, "contract")
    assert found["maximum"]["kw"] == 1100.0
    assert found["maximum"]["start"] == "2023-10-14T12:15:00+08:00"
    assert (found["duration_kw"][0], found["duration_kw"][1], found["duration_kw"][-1]) == (
        1100.0,
        100.0,
        100.0,
    )
    assert found["running"] is None
    two = service.get("/demand", month="2023-10", area="two")
    assert (two["maximum"]["kw"], two["contract_kw"]) == (1032.0, None)
    refused = service.call("GET", "/api/v1/demand", params={"area": "nowhere"})
    assert (refused.status_code, "no area has this code" in refused.text) == (422, True)


def test_the_block_that_runs_is_told_with_the_month_that_runs(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    now = datetime.now(FIRST.tzinfo)
    values = {"energy_import": 10.0, "active_power": 60.0}
    service.post([{"meter": "main", "time": now.isoformat(), "values": values}])
    service.tick()
    running = service.get("/demand")["running"]
    assert running["projected_kw"] == pytest.approx(60.0)


def _their(**changed: str) -> dict[str, Any]:
    amounts = {"flat": "19705.00", "peak": "24955.00", "valley": "7440.00"} | changed
    lines = [{"kind": "energy", "code": code, "amount": amount} for code, amount in amounts.items()]
    lines += [
        {"kind": "demand", "amount": "36100.00", "quantity": "1000"},
        {"kind": "excess", "amount": "3610.00"},
    ]
    lines += [{"kind": "power_factor", "amount": "2295.25"}]
    return {"month": "2023-10", "document": "B-1", "lines": lines}


def test_the_utilitys_bill_is_compared_line_by_line(start: Start, make_site: Made) -> None:
    service = start(_park(make_site))
    _read(service)

    def compared(body: dict[str, Any]) -> Any:
        response = service.call("POST", "/api/v1/bill/comparison", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    same = compared(_their())
    assert (same["difference"], same["theirs"], same["ours"]) == ("0.00", "94105.25", "94105.25")
    assert all(line["agrees"] for line in same["lines"])
    other = compared(_their(valley="7470.00", sharp="5.00"))
    differing = {line["code"]: line for line in other["lines"] if not line["agrees"]}
    assert {code: line["amount"] for code, line in differing.items()} == {"valley": "30.00", "sharp": "5.00"}
    assert differing["sharp"]["ours"] is None
    assert differing["valley"]["name"]["en"] == "Energy: Valley"
    assert other["difference"] == "35.00"
    wrong = _their()
    wrong["lines"][0]["kind"] = "magic"
    refused = service.call("POST", "/api/v1/bill/comparison", json=wrong)
    assert refused.status_code == 422
    assert "lines[0].kind" in refused.text or "lines[...].kind" in refused.text
