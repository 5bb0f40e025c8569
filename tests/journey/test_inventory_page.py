"""The inventory on the page: both bases, records with refusals by field, closed periods with their drift."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from far import until
from looks import NARROW, complaints, files_of
from playwright.sync_api import Locator, Page, expect

PARK_POWER = ("works", "electricity")
pytestmark = [pytest.mark.browser, pytest.mark.database]


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """The browser notes a record that is refused."""
    return ("Failed to load resource: the server responded with a status of 422",)


def test_both_bases_of_a_month(page: Page, priced: Any) -> None:
    def inventory() -> Any:
        return priced.get("/inventory", area="E2", period=priced.month)

    until(lambda: bool(inventory()["lines"]))
    found = inventory()
    page.goto(f"{priced.url}/carbon/inventory?area=E2&month={priced.month}&lang=en")
    view = page.locator("pw-inventory")
    expect(view.locator("pw-chart[data-drawn]")).to_be_visible()
    _, cells, _ = files_of(page, view.locator("pw-exhibit"))
    assert cells[1][2] == pytest.approx(found["lines"][0]["kg"]["CO2"])
    view.locator(".basis-switch").get_by_role("link", name="market-based").click()
    expect(view.locator("[aria-current=true]", has_text="market-based")).to_be_visible()
    _, cells, _ = files_of(page, view.locator("pw-exhibit"))
    assert cells[1][2] == pytest.approx(found["market"]["kg"]["CO2"])
    published = page.locator("#made-of .why-cell a").first
    expect(published).to_have_attribute("href", re.compile("^https?://"))
    expect(published).to_have_attribute("rel", "noopener noreferrer")
    assert complaints(page) == []


def fill(form: Locator, **texts: str) -> None:
    for name, text in texts.items():
        form.locator(f"[name={name}]").fill(text)
    form.locator("button[type=submit]").click()


def withdraw(records: Locator, name: str) -> None:
    records.get_by_role("button", name=name).click()
    fill(records.locator("[data-form=withdrawal]"), who="li.na", reason="of another park")
    expect(records.get_by_role("status")).to_contain_text(re.compile("Withdrawn|已撤回"))


def test_a_record_is_entered_or_refused_by_field(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/carbon/inventory?area=E1&month={priced.month}&lang=en")
    records = page.locator("pw-records")
    form, row = records.locator("[data-form=record]"), records.locator("tbody tr")
    invoice = {"period": priced.month, "amount": "2", "unit": "t", "document": "invoice 9", "who": "li.na"}
    fill(form, **invoice, kind="unobtainium")
    expect(records.locator("[role=alert]")).to_contain_text("kind")
    fill(form, **invoice, kind="diesel")
    expect(records.get_by_role("status")).to_contain_text("Entered.")
    expect(row).to_contain_text("invoice 9")
    [kept] = priced.get("/activities", period=priced.month, enterprise="E1")["records"]
    kg = {each["gas"]: each["kg"] for each in kept["emissions"]}["CO2"]
    shown = row.locator("th, td").all_inner_texts()
    assert shown[:3] == ["diesel", priced.month, "2 t"]
    assert shown[3] == f"{kg:,.0f} kg CO₂".replace(",", "\N{NARROW NO-BREAK SPACE}")
    assert shown[5] == "Casting <b>hall</b>"
    assert shown[6].startswith("li.na, ")
    withdraw(records, "Withdraw diesel")
    expect(records.get_by_role("status")).to_contain_text("Withdrawn")
    expect(records).to_contain_text(f"None entered for {priced.month}.")
    [kept] = priced.get("/activities", period=priced.month, enterprise="E1", withdrawn="true")["records"]
    assert kept["withdrawn"]["reason"] == "of another park"


def test_certificates_and_production_are_listed_as_they_were_entered(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/carbon/inventory?area=E2&month={priced.month}&lang=zh")
    records = page.locator("pw-records")
    form, row = records.locator("[data-form=record]"), records.locator("tbody tr")
    records.get_by_role("button", name="绿证").click()
    told = {"registry_id": "GEC-1", "vintage": priced.month[:4], "technology": "solar", "generator": "Farm 2"}
    fill(form, **told, mwh="120", interval=priced.month, who="li.na")
    expect(row).to_contain_text("GEC-1")
    assert row.locator("th, td").all_inner_texts()[:6] == [
        "GEC-1",
        priced.month,
        "120 MWh",
        priced.month[:4],
        "solar",
        "Farm 2",
    ]
    withdraw(records, "撤回 GEC-1")
    records.get_by_role("button", name="产量").click()
    fill(form, period=priced.month, product="bottle", quantity="48000", unit="piece", who="li.na")
    expect(row).to_contain_text("bottle")
    assert row.locator("th, td").all_inner_texts()[:3] == [
        "bottle",
        priced.month,
        "48\N{NARROW NO-BREAK SPACE}000 piece",
    ]
    withdraw(records, "撤回 bottle")
    expect(records).to_contain_text(f"{priced.month} 尚无记录。")
    other = f"{int(priced.month[:4]) - 1}-05"
    page.goto(f"{priced.url}/carbon/inventory?area=E2&month={other}&lang=zh")
    expect(records).to_contain_text(f"{other} 尚无记录。")


def test_a_period_is_closed_and_shows_its_drift(page: Page, priced: Any) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size
    page.goto(f"{priced.url}/carbon/inventory?area=E2&month={priced.month}&lang=zh&theme=dark")
    periods = page.locator("pw-periods")
    periods.locator("[name=period]").fill(priced.month)
    periods.locator("[name=who]").fill("li.na")
    periods.get_by_role("button", name="关账").click()
    expect(periods.locator("tbody").first).to_contain_text("有效")
    expect(periods).to_contain_text("emission.location.scope2.CO2")
    expect(page.locator("pw-inventory pw-chart[data-drawn]")).to_be_visible()
    assert complaints(page) == []


def test_the_page_of_emissions_shows_what_a_kwh_carried(page: Page, priced: Any) -> None:
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    asked = {"from": f"{today - timedelta(days=13)}", "to": f"{today + timedelta(days=1)}", "step": "day"}
    pools = priced.get("/pools", **asked)["pools"]
    [rates] = [pool["rate"]["CO2"] for pool in pools if (pool["area"], pool["carrier"]) == PARK_POWER]
    page.goto(f"{priced.url}/carbon?days=14&lang=en")
    exhibit = page.locator("pw-intensity pw-exhibit")
    expect(exhibit.locator("pw-chart[data-drawn]")).to_be_visible()
    _, cells, _ = files_of(page, exhibit)
    assert [row[1] for row in cells[1:]] == [pytest.approx(rate) if rate else rate for rate in rates]
    assert any(rates)
    assert complaints(page) == []
