"""Energy on the page: load over days down to readings, flow with losses, balance; with tables and files."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from looks import NARROW, complaints, files_of, table_of
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def yesterday() -> date:
    return today() - timedelta(days=1)


def test_loads_stand_side_by_side_in_curve_field_and_duration(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy/profile?day={priced.day}&load=E1&load=P-2&lang=en")
    profile = page.locator("pw-profile")
    expect(profile.locator("pw-chart[data-drawn]")).to_have_count(3)
    rows = profile.locator(".key-figures tbody tr")
    expect(rows.nth(0)).to_contain_text("Casting <b>hall</b>")
    expect(rows.nth(0)).to_contain_text("1 440".replace(" ", "\u202f"))
    expect(rows.nth(1)).to_contain_text("960")
    expect(rows.nth(1)).to_contain_text("100 %")
    curve, heat, duration = (profile.locator("pw-exhibit").nth(n) for n in range(3))
    noon = [row for row in table_of(curve) if row[0].endswith("12:00")]
    assert noon == [[f"{priced.day} 12:00", "60.0", "", "40.0", ""]]
    csv, cells, _ = files_of(page, heat)
    assert [csv[1][0], float(csv[1][48]), cells[1][48]] == [str(priced.day), 60.0, 60]
    assert [row for row in table_of(duration) if row[0] == "50"] == [["50", "60.0", "40.0"]]
    assert complaints(page) == []


def test_loads_are_added_left_out_and_compared(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy/profile?lang=en&days=7")
    page.get_by_label("Add a load").select_option("P-1")
    expect(page.locator(".subjects li")).to_have_count(2)
    page.get_by_role("button", name="Leave out: Weir works").click()
    expect(page.locator(".subjects")).to_have_text("Casting")
    page.get_by_role("link", name="Period before").click()
    expect(page.locator(".key-figures th", has_text="Change")).to_be_visible()
    day = page.get_by_label("One day")
    day.fill("2026-02-30")
    day.press("Enter")
    wrong = f"Write a day as 2026-11-22, no later than {today()}."
    expect(day).to_have_js_property("validationMessage", wrong)
    day.fill(str(yesterday()))
    day.press("Enter")
    expect(page.locator("pw-profile")).to_contain_text("To all readings of Casting")
    page.reload()
    expect(page.locator(".key-figures")).to_contain_text("Casting")
    page.get_by_role("link", name="To all readings of Casting").click()
    expect(page.locator(".meter-title")).to_contain_text("Casting")


def test_a_click_into_the_field_opens_its_day(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy/profile?lang=zh&days=7")
    heat = page.locator("pw-profile pw-chart[data-drawn]").nth(1)
    expect(heat).to_be_visible()
    box = heat.bounding_box()
    assert box is not None
    row = 8 + 16 * 5.5
    heat.click(position={"x": box["width"] / 2, "y": row})
    expect(page).to_have_url(f"{priced.url}/energy/profile?day={yesterday()}&days=7&lang=zh")


def test_flow_leads_from_what_is_bought_to_its_users(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy/flow?day={priced.day}&lang=en")
    flow = page.locator("pw-flow")
    expect(flow.locator("pw-chart[data-drawn]")).to_be_visible()
    rows = [[*row[:4], row[5]] for row in table_of(flow.locator("pw-exhibit"))[1:]]
    assert ["Bought electricity", "Weir works", "Electricity", "2\u202f400.0", "P-0"] in rows
    assert ["Weir works", "Cold store", "Electricity", "960.0", "P-2"] in rows
    csv, cells, _ = files_of(page, flow.locator("pw-exhibit"))
    assert len(csv) == len(cells) == len(rows) + 1
    assert complaints(page) == []
    page.get_by_role("link", name="CO₂").click()
    expect(flow.locator("pw-exhibit td", has_text="2\u202f400.0")).to_have_count(0)
    expect(flow.locator("table").last).to_contain_text("/ kWh")


def test_the_balance_opens_from_the_park_down_to_meters(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy/balance?day={priced.day}&lang=en")
    balance = page.locator("pw-balance")
    expect(balance.locator(".balance-line").first).to_contain_text("2\u202f400")
    expect(balance).to_contain_text("Losses and unmetered")
    balance.get_by_role("button", name="Parts of Weir works").click()
    expect(balance.locator(".loss")).to_have_count(0)
    balance.get_by_role("button", name="Parts of Weir works").click()
    assert complaints(page) == []
    balance.get_by_role("link", name="Casting <b>hall</b>").click()
    expect(page.locator(".subjects")).to_contain_text("Casting <b>hall</b>")


@pytest.mark.parametrize("view", ["profile", "flow", "balance"])
def test_each_view_fits_a_phone_in_chinese(page: Page, priced: Any, view: str) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size
    page.goto(f"{priced.url}/energy/{view}?day={priced.day}&lang=zh&theme=dark")
    shown = page.locator("pw-balance .balance, pw-chart[data-drawn]").first
    expect(shown).to_be_visible()
    assert complaints(page) == []
