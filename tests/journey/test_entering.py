"""A meter's page takes readings by hand and corrections, with who and why, and tells refusals by field."""

from typing import Any

import pytest
from looks import NARROW, complaints
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """The browser notes a correction that is refused."""
    return ("Failed to load resource: the server responded with a status of 4",)


def test_a_reading_by_hand_is_entered_and_corrected(page: Page, priced: Any) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size
    page.goto(f"{priced.url}/meters/P-2?lang=en")
    panel = page.locator("pw-entering")
    panel.locator("[name=quantity]").select_option("active_power")
    panel.get_by_label("Time").fill(f"{priced.month}-20T12:00:00")
    panel.get_by_label("Value shown").fill("7")
    panel.get_by_label("Who").fill("li.na")
    panel.get_by_role("button", name="Enter").click()
    expect(panel.get_by_role("status").last).to_contain_text("Entered.")
    panel.get_by_label("What").select_option("replace")
    panel.get_by_label("Value shown").fill("8")
    panel.get_by_label("Reason").fill("digits swapped")
    panel.get_by_role("button", name="Enter").click()
    expect(panel.locator("tbody tr")).to_contain_text("digits swapped")
    expect(panel.locator("tbody tr")).to_contain_text("Active power")
    made = priced.get("/corrections", meter="P-2")["corrections"]
    assert [(one["kind"], one["who"], one["readings"][0]["corrected"]) for one in made] == [
        ("replace", "li.na", 8)
    ]
    panel.get_by_label("Time").fill(f"{priced.month}-21T12:00:00")
    panel.get_by_role("button", name="Enter").click()
    expect(panel.locator("[role=alert]")).to_contain_text("readings")
    assert complaints(page) == []
