"""Bill, band shares, hours and the utility's bill on the page: the figures of the API, in both languages."""

from typing import Any

import pytest
from looks import NARROW, WIDE, complaints, files_of, table_of
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


def spoken(amount: str) -> str:
    """7200.5 as the page writes money."""
    return f"{float(amount):,.2f}".replace(",", "\u202f").replace("-", "\u2212")


def test_the_bill_says_what_the_api_says(page: Page, priced: Any) -> None:
    bills = priced.get("/bills", month=priced.month)
    page.goto(f"{priced.url}/cost?month={priced.month}&lang=en")
    bill = page.locator("pw-bill")
    expect(bill.locator(".headline")).to_contain_text(spoken(bills["park"]["total"]))
    for line in bills["park"]["lines"]:
        row = bill.locator("table.cards tr", has_text=line["name"]["en"])
        expect(row).to_contain_text(spoken(line["amount"]))
    expect(bill).to_contain_text("power factor 0.95")
    page.get_by_role("link", name="Casting <b>hall</b>").click()
    one = next(each for each in bills["parties"] if each["area"] == "E1")
    expect(bill.locator(".headline")).to_contain_text(spoken(one["total"]))
    page.reload()
    expect(bill.locator(".headline")).to_contain_text(spoken(one["total"]))


def test_chart_table_and_files_have_the_same_figures(page: Page, priced: Any) -> None:
    lines = priced.get("/bills", month=priced.month)["park"]["lines"]
    page.goto(f"{priced.url}/cost?month={priced.month}&lang=en")
    exhibit = page.locator("pw-bill pw-exhibit").first
    expect(exhibit.locator("pw-chart[data-drawn] canvas")).to_be_visible()
    rows, cells, _ = files_of(page, exhibit)
    shown = table_of(exhibit)
    assert len(rows) == len(cells) == len(shown) == len(lines) + 1
    for line, row, cell, told in zip(lines, rows[1:], cells[1:], shown[1:], strict=True):
        assert float(row[4]) == cell[4] == float(line["amount"])
        assert told[4] == spoken(line["amount"])


def test_shares_stand_against_the_target(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/cost?month={priced.month}&lang=en")
    shares = page.locator("pw-shares")
    expect(shares).to_contain_text("At least 50.0 % are set to fall into valley hours.")
    expect(shares).to_contain_text(
        "Cold store: 33.3 % in valley hours; 480 kWh more would have to move there."
    )
    shares.get_by_role("link", name="Products").click()
    expect(shares).to_contain_text("No meter counts a product.")
    page.reload()
    expect(shares.locator("[aria-current=true]")).to_have_text("Products")


def test_every_hour_has_its_cost_and_co2(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/cost?month={priced.month}&show=co2&lang=en")
    hours = page.locator("pw-cost-hours")
    expect(hours.locator("pw-chart[data-drawn]")).to_be_visible()
    row = next(row for row in table_of(hours) if row[0] == f"{priced.month}-09 03:00")
    assert row[1:5] == ["100.0", "30.00", "44.2", "100"]


def test_the_utility_s_bill_is_set_beside_ours(page: Page, priced: Any) -> None:
    lines = priced.get("/bills", month=priced.month)["park"]["lines"]
    page.goto(f"{priced.url}/cost?month={priced.month}&lang=en")
    panel = page.locator("pw-comparison")
    panel.get_by_label("Number of the bill").fill("B-4711")
    for line in lines:
        panel.get_by_label(line["name"]["en"], exact=True).fill(line["amount"])
    panel.get_by_role("button", name="Compare").click()
    expect(panel).to_contain_text("Every line agrees to the cent.")
    panel.get_by_label("Energy: Valley", exact=True).fill("1.00")
    panel.get_by_role("button", name="Compare").click()
    expect(panel).to_contain_text("1 line differs, \u2212719.00 CNY in all.")


def test_every_reason_is_told_in_chinese(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/cost?lang=zh")
    reasons = page.locator("pw-bill .reasons li")
    expect(reasons.first).to_be_visible()
    assert reasons.evaluate_all("all => all.filter(one => one.lang === 'en').map(one => one.innerText)") == []
    sheet, _, _ = files_of(page, page.locator("pw-bill pw-exhibit").first)
    assert "起的价格表" in sheet[1][5]


@pytest.mark.parametrize("look", ["wide-en-light", "narrow-zh-dark"])
def test_nothing_serious_is_found(page: Page, priced: Any, look: str) -> None:
    size, language, theme = look.split("-")
    page.set_viewport_size(WIDE if size == "wide" else NARROW)  # type: ignore[arg-type]  # a size
    page.goto(f"{priced.url}/cost?month={priced.month}&lang={language}&theme={theme}")
    expect(page.locator("pw-cost-hours pw-chart[data-drawn]")).to_be_visible()
    assert complaints(page) == []
