"""Settings: factors and tariffs with their sources, where everything is kept, and keys."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from looks import NARROW, WIDE, complaints
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


@pytest.mark.parametrize(("language", "size"), [("en", WIDE), ("en", NARROW), ("zh", NARROW)])
def test_settings_name_sources_and_show_where_everything_is_kept(
    page: Page, serve: Callable[..., Any], site: str, language: str, size: dict[str, int]
) -> None:
    url = serve(site).url
    page.set_viewport_size(size)  # type: ignore[arg-type]  # a size
    page.goto(f"{url}/settings?lang={language}")
    factors = page.locator("pw-factors tbody tr")
    expect(factors.first).to_be_visible()
    page.locator("[name=seek]").fill("CN-GD scope2_location")
    expect(page.locator("pw-factors tr", has_text="0.4403").first).to_be_visible()
    expect(page.locator("pw-factors .source-of").first).not_to_be_empty()
    assert complaints(page) == []
    page.locator("nav.views a[href*='/settings/tariffs']").click()
    expect(page.locator("pw-tariffs [data-tariff]").first).to_have_attribute("data-tariff", "demo-park")
    page.locator("[data-tariff=demo-park] pw-opened button, [data-tariff=demo-park] summary").first.click()
    expect(page.locator("[data-tariff=demo-park] td .digits").first).to_be_visible()
    assert complaints(page) == []
    page.locator("nav.views a[href*='/settings/storage']").click()
    expect(page.locator("[data-fact=size] dd")).to_contain_text("MiB")
    expect(page.locator("[data-fact=spool] meter")).to_be_visible()
    assert complaints(page) == []


def test_a_key_is_made_used_and_revoked(page: Page, serve: Callable[..., Any], site: str) -> None:
    url = serve(site).url
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{url}/settings/keys?lang=en")
    keys = page.locator("pw-keys")
    keys.locator("[name=name]").fill("telegraf <b>hall</b>")
    keys.get_by_role("button", name="Make the key").click()
    secret = keys.locator("code.secret").inner_text()
    assert known_as(url, secret) == "telegraf <b>hall</b>"
    assert complaints(page) == []
    keys.get_by_role("button", name="Revoke: telegraf").click()
    expect(keys.locator("tr.ended")).to_contain_text("revoked")
    assert known_as(url, secret) != "telegraf <b>hall</b>"


def known_as(url: str, secret: str) -> str:
    headers = {"Authorization": f"Bearer {secret}"}
    answer = httpx.get(f"{url}/api/v1/session", headers=headers, timeout=60)
    return str(answer.json()["who"]["name"])
