"""What the page says while there is nothing to show, and that it recovers by itself."""

import re
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from far import Cable
from looks import NARROW
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
TOKEN = "a-token-for-this-test-alone"  # noqa: S105  # opens nothing else


class Running(Protocol):
    url: str

    def start(self) -> None: ...

    def crash(self) -> None: ...


Serve = Callable[..., Running]


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """The browser itself reports each request that these tests have refused or broken."""
    return ("Failed to load resource:",)


def test_a_lost_connection_says_stale_since_and_recovers(page: Page, serve: Serve, site: str) -> None:
    service = serve(site)
    page.goto(f"{service.url}/live?lang=en")
    expect(page.locator(".connection-live")).to_be_visible(timeout=60_000)
    service.crash()
    expect(page.locator(".banner")).to_contain_text("stale since", timeout=60_000)
    service.start()
    expect(page.locator(".connection-live")).to_be_visible(timeout=60_000)
    expect(page.locator(".banner")).to_have_count(0)


def _as_updated(page: Page) -> None:
    """What the page fetches of itself from now on is another build; what is opened stays the one."""
    script = re.compile(r"/assets/index-[\w-]+\.js")

    def other(route: Route) -> None:
        if route.request.resource_type != "fetch":
            return route.fallback()
        index = route.fetch()
        return route.fulfill(response=index, body=script.sub("/assets/index-0ther.js", index.text()))

    page.route(re.compile(r"//[^/]+/$"), other)


def test_a_page_from_before_an_update_says_so_and_is_loaded_again(
    page: Page, serve: Serve, site: str
) -> None:
    service = serve(site)
    page.goto(f"{service.url}/settings?lang=en")
    expect(page.locator(".connection-live")).to_be_visible()
    expect(page.locator(".settings")).to_be_visible()
    page.evaluate("window.loadedOnce = true")
    with page.expect_request(lambda asked: urlsplit(asked.url).path == "/", timeout=240_000):
        service.crash()
        service.start()
    expect(page.locator(".connection-live")).to_be_visible()
    told = page.get_by_text("ParkWatt was updated")
    expect(told).to_have_count(0)
    _as_updated(page)
    service.crash()
    service.start()
    expect(told).to_be_visible()
    assert page.evaluate("window.loadedOnce") is True
    with page.expect_event("load"):
        page.get_by_role("button", name="Load again").click()
    expect(page.locator(".connection-live")).to_be_visible()
    expect(told).to_have_count(0)
    assert urlsplit(page.url).path == "/settings"


def test_a_wall_loads_itself_again_after_an_update(page: Page, serve: Serve, site: str) -> None:
    service = serve(site)
    page.goto(f"{service.url}/live?wall=1&lang=en")
    expect(page.locator(".wall")).to_be_visible()
    _as_updated(page)
    with page.expect_event("load", timeout=240_000):
        service.crash()
        service.start()
    expect(page.locator(".wall")).to_be_visible()


@pytest.mark.parametrize(
    ("opened", "path", "part", "style"),
    [("live", "settings", ".settings .sieve", "flex"), ("energy", "energy/flow", "pw-flow", "block")],
)
def test_a_part_of_the_page_that_did_not_come_says_so_and_comes_by_itself(
    page: Page, priced: Running, opened: str, path: str, part: str, style: str
) -> None:
    page.goto(f"{priced.url}/{opened}?lang=en")
    expect(page.locator(".connection-live")).to_be_visible()
    page.route("**/assets/*", lambda route: route.abort())
    page.locator(f"a[href^='/{path}']").first.click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("has not come yet")
    page.unroute("**/assets/*")
    expect(page.locator(part)).to_be_visible()
    expect(page.locator(part)).to_have_css("display", style)
    expect(told).to_have_count(0)


def test_a_cut_network_says_stale_since_and_recovers_without_loading_anew(
    page: Page, serve: Serve, site: str
) -> None:
    cable = Cable(urlsplit(serve(site).url).port or 0)
    page.goto(f"http://127.0.0.1:{cable.port}/live?lang=en")
    expect(page.locator(".connection-live")).to_be_visible(timeout=60_000)
    page.evaluate("window.loadedOnce = true")
    cable.cut()
    expect(page.locator(".banner")).to_contain_text("stale since", timeout=60_000)
    expect(page.locator(".connection .word")).to_contain_text("stale since")
    page.set_viewport_size(NARROW)
    expect(page.locator(".connection")).to_have_text(
        re.compile(r"^\s*\d\d:\d\d:\d\d\s*$"), use_inner_text=True
    )
    cable.join()
    expect(page.locator(".connection-live")).to_be_visible(timeout=60_000)
    expect(page.locator(".banner")).to_have_count(0)
    assert page.evaluate("window.loadedOnce") is True
    cable.close()


def test_a_park_that_answers_late_has_its_frame_drawn_meanwhile(page: Page, serve: Serve, site: str) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/site", hold)
    page.goto(f"{serve(site).url}/live?lang=en")
    expect(page.locator(".rail")).to_be_visible(timeout=60_000)
    expect(page.locator("[data-figure=power]")).to_have_count(0)
    for one in held:
        one.continue_()
    expect(page.locator("[data-figure=power]")).to_be_visible(timeout=60_000)


def test_a_token_is_asked_for_and_remembered(page: Page, serve: Serve, site: str) -> None:
    page.goto(f"{serve(site, PARKWATT_TOKEN=TOKEN).url}/live?lang=en")
    page.get_by_label("Key", exact=True).fill("not-the-token-at-all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("no key that holds", timeout=60_000)
    page.get_by_label("Key", exact=True).fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".connection-live")).to_be_visible(timeout=60_000)
    page.reload()
    expect(page.locator(".connection-live")).to_be_visible(timeout=60_000)


@pytest.mark.parametrize(
    ("path", "answer", "part", "filled"),
    [
        ("cost", "**/api/v1/bills*", "pw-bill", "table"),
        ("energy", "**/api/v1/energy?*", "pw-energy", "table"),
        ("carbon", "**/api/v1/trace/*", "#made-of", "h2"),
    ],
)
def test_figures_that_could_not_be_had_come_by_themselves(
    page: Page, priced: Running, path: str, answer: str, part: str, filled: str
) -> None:
    page.route(answer, lambda route: route.abort())
    page.goto(f"{priced.url}/{path}?lang=en")
    told = page.locator(part).get_by_text("This could not be loaded: ParkWatt does not answer")
    expect(told.first).to_be_visible()
    page.unroute(answer)
    expect(page.locator(f"{part} {filled}").first).to_be_visible()
    expect(told).to_have_count(0)


def test_days_of_a_plan_are_shaded_once_the_bands_can_be_had(page: Page, priced: Running) -> None:
    page.route("**/api/v1/tariff?*", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda failed: "/tariff?" in failed.url):
        page.goto(f"{priced.url}/cost/plan?lang=en")
    board = page.locator("pw-board")
    expect(board).to_have_count(0)
    page.unroute("**/api/v1/tariff?*")
    expect(board).to_be_visible()


def test_who_cannot_be_signed_out_is_told_so(page: Page, serve: Serve, site: str) -> None:
    page.goto(f"{serve(site, PARKWATT_TOKEN=TOKEN).url}/account?lang=en")
    page.get_by_label("Key", exact=True).fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    leave = page.get_by_role("button", name="Sign out", exact=True)
    expect(leave).to_be_visible()
    page.route("**/api/v1/session", lambda route: route.abort())
    leave.click()
    expect(page.locator("pw-own-account").get_by_role("alert")).to_have_text("ParkWatt does not answer")


@pytest.mark.parametrize(("path", "part"), [("live", "pw-load"), ("meters/P-1", "pw-meter-curve")])
def test_a_curve_that_could_not_be_had_comes_by_itself(
    page: Page, priced: Running, path: str, part: str
) -> None:
    page.route("**/api/v1/energy?*", lambda route: route.abort())
    page.goto(f"{priced.url}/{path}?lang=en")
    curve = page.locator(part)
    expect(curve.locator(".empty")).to_be_visible()
    page.unroute("**/api/v1/energy?*")
    expect(curve.locator("canvas")).to_be_visible()


def test_a_file_that_cannot_be_made_says_so_and_is_made_later(page: Page, priced: Running) -> None:
    page.route("**/workbook-*.js", lambda route: route.abort())
    page.goto(f"{priced.url}/energy?lang=en")
    days = page.locator("pw-energy pw-exhibit").first
    button = days.get_by_role("button", name="Save as XLSX")
    button.click()
    told = days.get_by_role("alert")
    expect(told).to_have_text("XLSX was not saved: ParkWatt does not answer. Try again.")
    page.unroute("**/workbook-*.js")
    with page.expect_download():
        button.click()
    expect(told).to_have_count(0)


def test_a_chart_whose_library_did_not_come_is_drawn_later(page: Page, priced: Running) -> None:
    page.route("**/echarts-*.js", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.goto(f"{priced.url}/energy?lang=en")
    chart = page.locator("pw-energy pw-chart").first
    expect(chart).to_be_visible()
    expect(chart.locator("canvas")).to_have_count(0)
    page.unroute("**/echarts-*.js")
    expect(chart.locator("canvas")).to_be_visible()
