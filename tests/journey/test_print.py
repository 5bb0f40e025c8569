"""A page on paper: light, without rail and buttons, its charts inside their width."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


def test_a_dark_page_is_printed_light_and_is_dark_again(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy?lang=en&theme=dark")
    expect(page.locator("pw-energy pw-chart[data-drawn]")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator(".printed")).to_contain_text("Weir works")
    for hidden in (".rail", "pw-strip", ".files", ".views"):
        expect(page.locator(hidden).first).to_be_hidden()
    corner = page.locator("pw-energy canvas").evaluate(
        "canvas => canvas.getBoundingClientRect().right - document.documentElement.clientWidth"
    )
    assert corner <= 0
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith("theme=dark")


def test_paper_has_no_forms(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/cost?month={priced.month}&lang=en")
    expect(page.locator("pw-comparison")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("pw-comparison")).to_be_hidden()
    expect(page.locator(".view-head nav")).to_be_hidden()
