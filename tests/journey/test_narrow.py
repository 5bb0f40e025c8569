"""What a phone shows: a bar of five pages, the rest behind a button, marks beside names, files to choose."""

from collections.abc import Callable
from typing import Any

import pytest
from looks import NARROW, complaints
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
POWER = 0x0034


@pytest.fixture(autouse=True)
def _narrow(page: Page) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size


MIDDLES = """(row, parts) => parts.map(part => {
  const box = row.querySelector(part).getBoundingClientRect();
  return box.y + box.height / 2;
})"""


def test_the_bar_holds_five_pages_and_the_rest_stands_behind_a_button(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/live?lang=en")
    expect(page.get_by_role("navigation", name="Views").get_by_role("link")).to_have_count(5)
    page.get_by_role("button", name="More").focus()
    page.keyboard.press("Enter")
    rest = page.get_by_role("navigation", name="Views").locator(".rest")
    expect(rest.get_by_role("link")).to_have_text(["Meters", "Collectors", "Settings", "Account"])
    assert complaints(page) == []
    page.keyboard.press("Escape")
    expect(rest).to_be_hidden()
    page.get_by_role("button", name="More").click()
    rest.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Factors")).to_be_visible()
    expect(rest).to_be_hidden()


def test_a_wide_page_has_every_entry_in_its_rail(page: Page, priced: Any) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{priced.url}/live?lang=en")
    entries = page.get_by_role("navigation", name="Views").get_by_role("link")
    expect(entries).to_have_count(9)
    expect(page.get_by_role("button", name="More")).to_be_hidden()
    assert complaints(page) == []


def test_a_file_of_jobs_can_be_chosen(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/cost/plan?lang=en")
    expect(page.get_by_text("Choose a file")).to_be_visible()


def test_the_first_job_of_a_plan_is_in_sight(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/cost/plan?lang=en")
    jobs = b"code,line,duration_min,power_kw,start\nJ1,E1,60,10,20:00\n"
    page.locator("input[type=file]").set_input_files(
        {"name": "jobs.csv", "mimeType": "text/csv", "buffer": jobs}
    )
    expect(page.locator("[data-job=J1]")).to_be_attached()
    page.locator(".board").scroll_into_view_if_needed()
    expect(page.locator("[data-job=J1]")).to_be_in_viewport()


def test_a_toggle_of_the_balance_stands_beside_its_name(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy/balance?days=7&lang=en")
    line = page.locator(".balance-row", has=page.locator(".balance-verdict > *")).first
    toggle, name = line.evaluate(MIDDLES, ["button", ".balance-place a"])
    assert abs(toggle - name) < 5


def test_powers_of_the_list_have_one_unit(
    page: Page, url: str, put: Callable[[int, int, float], None]
) -> None:
    put(1, POWER, 1_500_000.0)
    page.goto(f"{url}/live?lang=en")
    powers = page.locator(".flow-list .two > :first-child")
    expect(powers.first).to_have_text("1\u202f500 kW")
    assert {text.split()[-1] for text in powers.all_inner_texts() if "kW" in text or "MW" in text} == {"kW"}
    put(1, POWER, 240_000.0)
