"""Every page at both widths in both languages: filled, inside its width, with a clean console."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from looks import NARROW, complaints
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
PAGES = {
    "/live": "pw-demand h2",
    "/energy": "pw-energy h1",
    "/carbon": "pw-carbon h1",
    "/cost": "pw-bill h2",
    "/alerts": "pw-alert-list h1",
    "/meters": "pw-meter-tree .meter-line[data-meter='M-1']",
    "/collectors/line-1": "pw-collectors tr[data-meter='M-1']",
    "/meters/M-1": "pw-meter [data-quantity=active_power]",
    "/settings/tariffs": "pw-tariffs [data-tariff]",
}
CUT = "all => all.filter(one => one.getBoundingClientRect().right > innerWidth).map(one => one.innerText)"
"""Choices that begin or end outside the page."""
DAY = timedelta(days=1)
SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}


@pytest.fixture
def browser_context_args(
    browser_context_args: dict[str, Any], request: pytest.FixtureRequest
) -> dict[str, Any]:
    """The size, language and theme that a test is given."""
    size, locale, scheme = getattr(request, "param", ("wide", "en-US", "light"))
    return {**browser_context_args, "viewport": SIZES[size], "locale": locale, "color_scheme": scheme}


looks = pytest.mark.parametrize(
    "browser_context_args",
    [
        pytest.param(("wide", "en-US", "light"), id="wide-en"),
        pytest.param(("narrow", "zh-CN", "dark"), id="narrow-zh"),
        pytest.param(("wide", "zh-CN", "dark"), id="wide-zh"),
        pytest.param(("narrow", "en-US", "light"), id="narrow-en"),
    ],
    indirect=True,
)


@looks
@pytest.mark.parametrize("path", PAGES)
def test_page_is_filled_and_inside_its_width(page: Page, url: str, path: str) -> None:
    page.goto(url + path)
    expect(page.locator(PAGES[path]).first).to_be_visible(timeout=60_000)
    expect(page.locator(".connection-live")).to_be_visible(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator("main nav a").evaluate_all(CUT) == []
    assert [page.locator(entries).count() for entries in (".rail > a", ".rest > a")] == [5, 3]


@looks
def test_page_speaks_the_browser_s_language(
    page: Page, url: str, browser_context_args: dict[str, Any]
) -> None:
    page.goto(url)
    chinese = browser_context_args["locale"] == "zh-CN"
    expect(page.locator(".rail a").first).to_have_text("实时" if chinese else "Live")
    assert page.evaluate("document.documentElement.lang") == ("zh-CN" if chinese else "en")


def test_address_keeps_language_theme_and_area(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="切换到中文").click()
    page.get_by_role("button", name="深色显示").click()
    page.locator(".picker select").select_option("E1")
    page.reload()
    expect(page.locator(".rail a").first).to_have_text("实时")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.locator(".picker select")).to_have_value("E1")


def test_names_with_html_stay_text(page: Page, url: str) -> None:
    page.goto(f"{url}/live?lang=en")
    expect(page.locator("pw-ranking")).to_contain_text("Moulding <b>hall</b>", timeout=60_000)


def test_a_meter_shows_its_curve_with_the_day_s_axis(page: Page, url: str) -> None:
    page.goto(f"{url}/meters/M-1?lang=en")
    curve = page.locator("pw-meter-curve")
    expect(curve.locator("canvas")).to_be_visible(timeout=60_000)
    expect(curve.locator(".legend")).to_contain_text("each minute")
    curve.locator("summary").click()
    expect(curve.locator("td").filter(has_text=re.compile(r"\d")).first).to_be_visible()


_TALLEST = """tree => {
  const { paddingTop, paddingBottom } = getComputedStyle(document.querySelector('main'));
  const strip = document.querySelector('.strip').offsetHeight;
  const left = innerHeight - strip - parseFloat(paddingTop) - parseFloat(paddingBottom);
  return Math.max(0, parseFloat(getComputedStyle(tree).maxHeight) - left);
}"""
"""How much taller than the screen the longest tree of meters makes the page [px]."""


def test_the_first_meter_stands_beside_the_tree_where_there_is_room(page: Page, url: str) -> None:
    page.goto(f"{url}/meters?lang=en")
    first = page.locator(".meter-line").first
    expect(first).to_have_attribute("aria-current", "true")
    expect(page.locator(".meter-title")).to_contain_text(first.locator(".meter-name").inner_text().strip())
    assert page.locator("pw-meter-tree").evaluate(_TALLEST) == 0
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size
    expect(page.locator("pw-meter")).to_have_count(0)
    expect(first).to_be_visible()
    assert complaints(page) == []


def test_keyboard_alone_leads_to_a_meter(page: Page, url: str) -> None:
    page.goto(f"{url}/meters?lang=en")
    page.locator("input[type=search]").focus()
    page.keyboard.type("inject")
    expect(page.locator(".meter-line")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".meter-title")).to_contain_text("Injection line")


@pytest.mark.parametrize("path", ["/live?lang=en", "/energy?lang=en"])
def test_times_are_the_park_s_not_the_browser_s(browser: Browser, url: str, path: str) -> None:
    clocks = list[datetime]()
    for zone in ("America/New_York", "Asia/Shanghai"):
        context = browser.new_context(timezone_id=zone)
        page = context.new_page()
        page.goto(url + path)
        clock = page.locator(".connection .clock")
        expect(clock).to_be_visible(timeout=60_000)
        clocks.append(datetime.strptime(clock.inner_text(), "%H:%M:%S").replace(tzinfo=UTC))
        context.close()
    assert (clocks[1] - clocks[0]) % DAY < timedelta(minutes=30)


def test_a_day_s_emissions_lead_to_their_document_and_factor(page: Page, url: str) -> None:
    day = f"{datetime.now(ZoneInfo('Asia/Shanghai')) - timedelta(days=1):%Y-%m-%d}"
    diesel = {"enterprise": "E1", "kind": "diesel", "amount": 2, "unit": "t", "document": "invoice 7"}
    posted = httpx.post(
        f"{url}/api/v1/activities", json={**diesel, "period": day, "who": "li.na"}, timeout=60
    )
    assert posted.status_code == 200, posted.text
    _settled(url, day)
    page.goto(f"{url}/carbon?lang=en")
    page.get_by_role("button", name=f"What it is made of: {day}").click(timeout=60_000)
    made = page.locator("#made-of")
    expect(made.locator("h2")).to_contain_text(day, timeout=60_000)
    part = made.locator("tr").filter(has_text="invoice 7")
    expect(part).to_contain_text("3.145122 t CO₂/t")
    expect(part).to_contain_text("cn-industry-guideline")
    made.get_by_role("button", name="market-based").click()
    expect(made.get_by_role("button", name="market-based")).to_have_attribute("aria-pressed", "true")


def _settled(url: str, day: str) -> None:
    """Wait until the activity counts."""
    deadline = time.monotonic() + 120
    asked = {"area": "E1", "from": day, "to": f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d}"}
    while time.monotonic() < deadline:
        if httpx.get(f"{url}/api/v1/trace/emissions", params=asked, timeout=60).json()["documents"]:
            return
        time.sleep(0.2)
    pytest.fail("the activity was not settled")
