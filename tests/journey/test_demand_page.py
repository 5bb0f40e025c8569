"""Demand and movable loads on the page: the figures of the API, with their charts, tables and files."""

from typing import Any

import pytest
from looks import NARROW, complaints, files_of, table_of
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


def test_the_maximum_stands_against_the_contract(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/cost/demand?month={priced.month}&lang=en")
    demand = page.locator("pw-demand-month")
    expect(demand.locator(".headline")).to_contain_text("100 kW")
    expect(demand.locator("dd.low")).to_contain_text("111 %")
    expect(demand).to_contain_text(f"{priced.month}-08 00:00")
    exhibit = demand.locator("pw-exhibit")
    expect(exhibit.locator("pw-chart[data-drawn]")).to_have_count(2)
    assert [row for row in table_of(exhibit.first) if row[0] == "50"] == [["50", "100.0"]]
    rows, cells, _ = files_of(page, exhibit.nth(1))
    assert [rows[-1][0], float(rows[-1][1]), cells[-1][1]] == [priced.month, 100.0, 100]
    page.locator(".picker select").select_option("E1")
    expect(demand.locator(".headline")).to_contain_text("60.0 kW")
    assert complaints(page) == []


def test_the_running_month_tells_what_the_block_is_heading_for(page: Page, priced: Any) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size
    page.goto(f"{priced.url}/cost/demand?lang=zh&theme=dark")
    demand = page.locator("pw-demand-month")
    expect(demand).to_contain_text("本 15 分钟需量")
    expect(demand.locator(".block-bar")).to_be_visible()
    expect(demand.locator("pw-chart[data-drawn]").first).to_be_visible()
    assert complaints(page) == []


def test_a_month_without_movable_loads_says_so(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/cost/shifts?month={priced.month}&lang=en")
    expect(page.locator("pw-shifts")).to_contain_text(
        f"No regular load of {priced.month} could have run cheaper."
    )
    assert complaints(page) == []
