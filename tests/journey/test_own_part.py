"""The pages of whoever is let in for one enterprise: its own part, and no form that would be refused."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from looks import NARROW, WIDE, complaints
from playwright.sync_api import Page, Response, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
TOKEN = "a-token-for-this-test-alone"  # noqa: S105  # opens nothing else
VIEWS = (
    "live",
    "energy",
    "energy/profile",
    "energy/flow",
    "energy/balance",
    "carbon",
    "carbon/inventory",
    "cost",
    "cost/demand",
    "cost/plan",
    "cost/shifts",
    "meters",
    "meters/M-2",
    "alerts",
    "settings",
    "settings/storage",
    "account",
)


@pytest.fixture
def enter(page: Page, serve: Callable[..., Any], site: str) -> Callable[[str], tuple[str, list[str]]]:
    """Signs in by a key with one role for the enterprise; the address, and what will be refused."""

    def signed_in(role: str) -> tuple[str, list[str]]:
        url = serve(site, PARKWATT_TOKEN=TOKEN).url
        body = {"name": "hall", "roles": [role], "areas": ["E1"]}
        headers = {"Authorization": f"Bearer {TOKEN}"}
        made = httpx.post(f"{url}/api/v1/keys", json=body, headers=headers, timeout=60).raise_for_status()
        page.goto(f"{url}/live?lang=en")
        page.get_by_label("Key", exact=True).fill(made.json()["secret"])
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".connection-live")).to_be_visible()
        refused: list[str] = []

        def note(answer: Response) -> None:
            if answer.status >= 400:
                refused.append(f"{answer.status} {answer.url}")

        page.on("response", note)
        return str(url), refused

    return signed_in


@pytest.mark.parametrize(
    ("role", "size"),
    [("enterprise-administrator", WIDE), ("enterprise-user", NARROW)],
    ids=["wide", "narrow"],
)
def test_every_view_shows_the_own_part_and_is_refused_nothing(
    page: Page, enter: Callable[[str], tuple[str, list[str]]], role: str, size: dict[str, int]
) -> None:
    url, refused = enter(role)
    page.set_viewport_size(size)
    for view in VIEWS:
        page.goto(f"{url}/{view}?lang=en")
        expect(page.locator(".connection-live")).to_be_visible()
        expect(page.locator(".picker option")).to_have_text(["Moulding <b>hall</b>"])
        page.wait_for_load_state("load")
        page.wait_for_timeout(1500)
        assert refused == [], view
    page.goto(f"{url}/live?lang=en")
    expect(page.locator("pw-ranking tr[data-meter='M-2']")).to_be_visible()
    expect(page.locator("pw-demand")).to_contain_text("Your own stands under Cost > Demand.")
    assert complaints(page) == []


def test_no_form_is_shown_that_would_be_refused(
    page: Page, enter: Callable[[str], tuple[str, list[str]]]
) -> None:
    url, _ = enter("enterprise-administrator")
    page.goto(f"{url}/carbon/inventory?lang=en")
    expect(page.get_by_role("heading", name="Closed periods")).to_be_visible()
    expect(page.locator("pw-records form")).to_be_visible()
    expect(page.locator("pw-periods form")).to_have_count(0)
    page.goto(f"{url}/meters/M-2?lang=en")
    expect(page.locator("pw-entering [name=kind] option")).to_have_count(1)
    expect(page.locator(".add-meter")).to_have_count(0)
