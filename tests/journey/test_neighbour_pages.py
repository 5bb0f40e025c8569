"""An enterprise with a supply contract of its own that buys a neighbour's heat: its bill, and its trace."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]

SITE = """
code: works
name: {en: Mill works, zh: 磨坊工厂}
zone: Asia/Shanghai
region: CN-GD
billing:
  tariff: demo-park
  own: {E2: {tariff: demo-park, since: 2020-01-01}}
areas:
  - {code: works, kind: park, name: {en: Mill works, zh: 磨坊工厂}}
  - {code: E1, kind: enterprise, parent: works, name: {en: Boiler house, zh: 锅炉房}}
  - {code: E2, kind: enterprise, parent: works, name: {en: Dye house, zh: 染整}}
sources: [{kind: push, code: scada}]
meters:
  - {code: P-0, name: {en: Incomer, zh: 进线}, area: works, source: scada, role: boundary}
  - {code: E2-M, name: {en: Dyeing, zh: 染色}, area: E2, source: scada, role: boundary, parent: P-0}
  - {code: GAS, name: {en: Gas, zh: 燃气}, area: E1, source: scada, role: boundary, carrier: gas}
  - {code: BURNT, name: {en: Boiler gas, zh: 锅炉燃气}, area: E1, source: scada, carrier: gas, parent: GAS}
  - {code: HEAT, name: {en: Boiler heat, zh: 锅炉热量}, area: E1, source: scada, carrier: heat}
  - {code: E2-H, name: {en: H, zh: 热}, area: E2, source: scada, role: boundary, carrier: heat, parent: HEAT}
converters:
  - {code: B1, kind: boiler, name: {en: Boiler, zh: 锅炉}, inputs: [BURNT], outputs: [HEAT]}
"""
PER_QUARTER = {
    "P-0": ("energy_import", 25.0),
    "E2-M": ("energy_import", 10.0),
    "GAS": ("gas_volume_0c", 3.0),
    "BURNT": ("gas_volume_0c", 3.0),
    "HEAT": ("heat_energy", 0.1),
    "E2-H": ("heat_energy", 0.04),
}


@dataclass(frozen=True)
class Park:
    url: str
    month: str

    def get(self, path: str, **query: str) -> Any:
        return httpx.get(f"{self.url}/api/v1{path}", params=query, timeout=60).json()


@pytest.fixture(scope="module")
def neighbours(serve_for_file: Callable[..., Any]) -> Park:
    """Two days of steady load in the month before."""
    service, now = serve_for_file(SITE), datetime.now(ZoneInfo("Asia/Shanghai"))
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    times = [month.replace(day=8) + n * timedelta(minutes=15) for n in range(2 * 96 + 1)]
    for meter, (quantity, amount) in PER_QUARTER.items():
        shown = [amount * n for n in range(len(times))]
        body = {"meter": meter, "time": [at.isoformat() for at in times], quantity: shown}
        posted = httpx.post(f"{service.url}/api/v1/readings?source=scada", json=body, timeout=120)
        assert posted.status_code == 200, posted.text
    park, deadline = Park(service.url, f"{month:%Y-%m}"), time.monotonic() + 180
    while park.get("/bills", month=park.month, area="E2")["park"]["kwh"] != 10.0 * 192:
        assert time.monotonic() < deadline, "the figures were not settled"
        time.sleep(0.2)
    return park


def _money(amount: str) -> str:
    return f"{float(amount):,.2f}".replace(",", "\u202f")


def test_the_bill_of_an_own_contract_can_be_chosen(page: Page, neighbours: Park) -> None:
    whole, own = (neighbours.get("/bills", month=neighbours.month, **a) for a in ({}, {"area": "E2"}))
    page.goto(f"{neighbours.url}/cost?month={neighbours.month}&lang=en")
    bill = page.locator("pw-bill")
    expect(bill.locator(".headline")).to_contain_text(_money(whole["park"]["total"]))
    contracts = bill.get_by_role("navigation", name="Supply contract")
    expect(contracts.locator("[aria-current=page]")).to_have_text("Mill works")
    contracts.get_by_role("link", name="Dye house").click()
    expect(bill.locator(".headline")).to_contain_text(_money(own["park"]["total"]))
    expect(contracts.locator("[aria-current=page]")).to_have_text("Dye house")
    assert float(whole["park"]["total"]) != float(own["park"]["total"])


def test_a_traced_figure_shows_the_way_through_the_neighbour(page: Page, neighbours: Park) -> None:
    asked = {"area": "E2", "from": f"{neighbours.month}-08", "to": f"{neighbours.month}-09"}
    [part] = [each for each in neighbours.get("/trace/emissions", **asked)["parts"] if each["through"]]
    assert (part["meter"], part["through"]) == ("GAS", "E2-H")
    for language, way in (("en", "Gas GAS through H E2-H"), ("zh", "燃气 GAS 经由 热 E2-H")):
        page.goto(f"{neighbours.url}/carbon/inventory?area=E2&month={neighbours.month}&lang={language}")
        row = page.locator("#made-of tr").filter(has_text="GAS")
        expect(row.locator("th")).to_have_text(way, timeout=60_000)


def test_the_seller_sees_what_left_beside_what_it_emits(page: Page, neighbours: Park) -> None:
    for language, heading, name in (
        ("en", "Fed in and sold", "Heat (sold)"),
        ("zh", "上网与外售部分", "热量 (外售)"),
    ):
        page.goto(f"{neighbours.url}/carbon/inventory?area=E1&month={neighbours.month}&lang={language}")
        expect(page.locator("#made-of h3")).to_contain_text(heading, timeout=60_000)
        row = page.locator("#made-of table").last.locator("tbody tr")
        expect(row.locator("th")).to_contain_text("E2-H")
        page.locator("pw-inventory pw-exhibit summary").click()
        expect(page.locator("pw-inventory pw-exhibit table")).to_contain_text(name)
