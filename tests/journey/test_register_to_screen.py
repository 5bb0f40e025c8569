"""A number changes in a register of a Modbus server, and the page shows it."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
POWER = 0x0034
SHOWN_WITHIN_MS = 30_000
Put = Callable[[int, int, float], None]


def test_a_changed_register_changes_the_number_on_the_page(page: Page, url: str, put: Put) -> None:
    page.goto(f"{url}/live?lang=en")
    row = page.locator("pw-ranking tr[data-meter='M-2']")
    expect(row).to_contain_text("90.0 kW", timeout=60_000)
    put(2, POWER, 123_400.0)
    try:
        expect(row).to_contain_text("123 kW", timeout=SHOWN_WITHIN_MS)
        expect(row.locator(".figure").first).to_have_attribute("title", re.compile(r"^123\.4\d* kW$"))
    finally:
        put(2, POWER, 90_000.0)


def test_the_strip_shows_the_boundary_and_its_co2(page: Page, url: str, put: Put) -> None:
    put(1, POWER, 300_000.0)
    page.goto(f"{url}/live?lang=en")
    expect(page.locator("[data-figure=power]")).to_have_text(re.compile(r"300\s+kW"), timeout=60_000)
    rate = httpx.get(f"{url}/api/v1/live", timeout=60).json()["park"]["co2_kg_per_h"]
    expect(page.locator(".totals")).to_contain_text(f"{rate:.0f} kg/h")


def test_a_dead_meter_is_visibly_dead_and_comes_back(page: Page, url: str, silent: set[int]) -> None:
    page.goto(f"{url}/live?lang=en")
    line = page.locator("pw-health [data-meter='M-2']")
    expect(line).to_have_count(0, timeout=60_000)
    silent.add(2)
    try:
        expect(line).to_contain_text("stale", timeout=60_000)
        expect(line).to_contain_text("ago")
        expect(page.locator("pw-ranking tr[data-meter='M-2']")).to_have_class(re.compile("is-stale"))
        expect(page.locator(".count-live")).to_contain_text("1")
    finally:
        silent.discard(2)
    expect(line).to_have_count(0, timeout=60_000)
