"""The page of the collectors: who answers, who does not and why, and what waits or was lost."""

import json

import httpx
import pytest
from looks import NARROW, WIDE, complaints
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


def test_a_dead_meter_says_why_and_when_it_is_asked_again(page: Page, url: str, silent: set[int]) -> None:
    page.goto(f"{url}/collectors/line-1?lang=en")
    line = page.locator("tbody[data-source='line-1']")
    dead = line.locator("tr[data-meter='M-2']")
    expect(dead).to_contain_text("answering", timeout=60_000)
    silent.add(2)
    try:
        expect(dead).to_contain_text("failing", timeout=60_000)
        expect(dead).to_contain_text("illegal address")
        expect(line.locator(".condition").first).to_contain_text("partly")
        expect(line).to_contain_text("1 / 2")
        page.goto(f"{url}/collectors/line-1?lang=zh")
        said = dead.locator(".error-text")
        expect(said).to_contain_text("没有此寄存器地址", timeout=60_000)
        expect(said).to_have_attribute("lang", "zh")
        page.goto(f"{url}/collectors/line-1?lang=en")
    finally:
        silent.discard(2)
    expect(dead.locator(".condition")).to_contain_text("answering", timeout=60_000)


def test_the_keyboard_opens_a_source_and_the_address_keeps_it(page: Page, url: str) -> None:
    page.goto(f"{url}/collectors?lang=en")
    button = page.get_by_role("button", name="line-1")
    expect(button).to_have_attribute("aria-expanded", "false", timeout=60_000)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-meter='M-1']")).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    assert "/collectors/line-1" in page.url
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-meter='M-1']")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_waits_on_the_disk_or_was_lost_is_told_above_the_list(
    page: Page, url: str, language: str
) -> None:
    told = httpx.get(f"{url}/api/v1/sources", timeout=60).json()
    told["queue"] |= {"failing": True, "last_error": "no connection to the database"}
    told["spool"] |= {"state": "holding", "rows": 8200, "bytes": 210_944, "oldest": told["time"]}
    told["sources"][0] |= {"dropped": 12, "lost_rows": 3}
    told["sources"][0] |= {"lost_from": "2026-11-22T08:00:00+08:00", "lost_to": "2026-11-22T09:30:00+08:00"}

    def answer(route: Route) -> None:
        route.fulfill(body=json.dumps(told), content_type="application/json")

    page.route("**/api/v1/sources", answer)
    page.goto(f"{url}/collectors?lang={language}")
    notices = page.locator(".notices")
    expect(notices).to_be_visible(timeout=60_000)
    for part in ("8\u202f200", "206\u00a0KiB", "no connection to the database", "12", "09:30:00"):
        expect(notices).to_contain_text(part)
    expect(notices.locator(".note-bad")).to_have_count(1)
    expect(notices.locator(".note-warning")).to_have_count(2)


@pytest.mark.parametrize(("language", "rate"), [("en", "days a second"), ("zh", "表天")])
def test_a_settlement_that_takes_long_says_what_waits_and_until_when(
    page: Page, url: str, language: str, rate: str
) -> None:
    told = httpx.get(f"{url}/api/v1/settlement", timeout=60).raise_for_status().json()
    told["stages"][1] |= {"meters": 812, "days": 296_380, "settled_days": 68_620, "days_per_s": 7624.4}
    told["stages"][1] |= {"since": "2026-01-01T08:00:00+08:00", "expected_end": "2026-01-01T08:07:48+08:00"}

    def answer(route: Route) -> None:
        route.fulfill(body=json.dumps(told), content_type="application/json")

    page.route("**/api/v1/settlement", answer)
    page.goto(f"{url}/collectors?lang={language}")
    notice = page.locator(".note-plain")
    expect(notice).to_be_visible(timeout=60_000)
    for part in ("812", "296\u202f380", "68\u202f620", "7\u202f620", "08:07:48", rate):
        expect(notice).to_contain_text(part)


UNDECLARED = {
    "strays": [
        {"meter": "P-9", "conflicts": 0, "values": {"active_power": 41.75, "voltage": 230.1}, "rows": 2_400},
    ],
    "names": [{"meter": "M-1", "measurement": "em", "name": "total_wh", "value": 14_250.0, "rows": 24}],
    "unmapped": [
        *({"meter": "M-2", "name": f"wifi.rssi{n}", "value": -61.0, "rows": 7} for n in range(30)),
        {
            "meter": "@hall2/boiler-room-submeter-0042",
            "name": "energy_import",
            "value": 14_252.125,
            "rows": 3,
        },
    ],
}


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        (
            "en",
            (
                "Meters that nobody declared",
                "Posted names that mean",
                "Addresses without a meter",
                "Numbers that no template mentions",
            ),
        ),
        ("zh", ("未登记的表计", "尚无含义的上报名称", "没有表计的地址", "模板未提及的数值")),
    ],
)
def test_what_nobody_declared_is_listed_below_the_sources(
    page: Page, url: str, language: str, titles: tuple[str, ...]
) -> None:
    _tell_strays(page, url)
    page.goto(f"{url}/collectors?lang={language}")
    panel = page.locator(".strays")
    for title in titles:
        expect(panel.get_by_role("region", name=title)).to_be_visible()
    expect(panel.locator("tr[data-stray='P-9']")).to_contain_text("active_power 41.75 · voltage 230.1")
    expect(panel.locator("tr[data-stray='P-9'] .digits").first).to_have_text("2\u202f400")
    expect(panel.locator("tr[data-stray='M-1 em total_wh']")).to_contain_text("14\u202f250")
    expect(panel.locator("tr[data-stray^='M-2 wifi.rssi']")).to_have_count(30)
    address = panel.locator("tr[data-stray^='@hall2/boiler-room-submeter-0042']")
    expect(address).to_contain_text("14\u202f252.125")
    for count, title in zip((1, 1, 1, 30), panel.locator("h2").all(), strict=True):
        expect(title.locator(".digits")).to_have_text(str(count))


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh", "dark")])
def test_a_list_that_goes_on_is_shaded_where_it_is_cut(
    page: Page, url: str, language: str, theme: str
) -> None:
    _tell_strays(page, url)
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        page.goto(f"{url}/collectors/line-1?lang={language}&theme={theme}")
        cut = page.locator("[data-strays='unmapped']").locator("..")
        expect(cut.locator("tbody tr")).to_have_count(30)
        higher, shades = cut.evaluate(
            "at => [at.scrollHeight - at.clientHeight, getComputedStyle(at).backgroundAttachment]"
        )
        assert higher > 0
        assert shades == ", ".join(4 * ["local"] + 5 * ["scroll"])
        assert complaints(page) == []


def _tell_strays(page: Page, url: str) -> None:
    at = httpx.get(f"{url}/api/v1/sources", timeout=60).json()["time"]
    when = {"source": "line-1", "first": at, "last": at, "received": at}
    told = {key: [each | when for each in found] for key, found in UNDECLARED.items()}

    def answer(route: Route) -> None:
        route.fulfill(body=json.dumps(told | {"adopted": 0, "dropped": 0}), content_type="application/json")

    page.route("**/api/v1/strays", answer)


def test_a_posted_name_that_nobody_declared_reaches_the_page(page: Page, url: str) -> None:
    body = {"meter": "M-1", "time": ["2023-06-01T08:00:00+08:00"], "strange_name": [4.5]}
    assert httpx.post(f"{url}/api/v1/readings", json=body, timeout=60).status_code == 422
    page.goto(f"{url}/collectors?lang=en")
    expect(page.locator("tr[data-stray='M-1 strange_name']")).to_contain_text("4.5")
