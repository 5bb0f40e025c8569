"""Answers that come late, cut off or not at all: what was asked since stands, and what failed is told."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from far import until
from playwright.sync_api import APIResponse, Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
TOKEN = "a-token-for-this-test-alone"  # noqa: S105  # opens nothing else
DRAWN = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """The browser itself reports each request that these tests break off."""
    return ("Failed to load resource:",)


@pytest.fixture(scope="module")
def closed(serve_for_file: Callable[..., Any], site: str) -> str:
    return str(serve_for_file(site, PARKWATT_TOKEN=TOKEN).url)


class Held:
    """The first request of a kind; those after it pass."""

    def __init__(self, page: Page, address: str, method: str = "GET") -> None:
        self._page, self._method = page, method
        self._route: Route | None = None
        page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        if self._route is not None or route.request.method != self._method:
            return route.fallback()
        self._route = route
        return None

    def came(self) -> Route:
        until(lambda: self._page.wait_for_timeout(20) or self._route)
        assert self._route is not None
        return self._route

    def answer(self, **answer: Any) -> None:
        """Waits until the page has taken it up."""
        route = self.came()
        with self._page.expect_request_finished(lambda request: request == route.request):
            route.fulfill(**answer)
        self._page.evaluate(DRAWN)


def _signed_in(page: Page, url: str) -> None:
    page.goto(f"{url}/account?lang=en")
    page.get_by_label("Key", exact=True).fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".signed")).to_be_visible()


def _running(page: Page, address: str) -> None:
    """What is begun there is told to be running still, however quick it is."""

    def running(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {"state": "running"})

    page.route(address, running)


def _done(route: Route) -> APIResponse:
    answers = [route.fetch()]
    until(lambda: answers[-1].json()["state"] != "running" or answers.append(route.fetch()))
    return answers[-1]


def test_what_was_just_made_stays_though_the_list_from_before_comes_after_it(page: Page, closed: str) -> None:
    _signed_in(page, closed)
    held = Held(page, "**/api/v1/keys")
    page.goto(f"{closed}/settings/keys?lang=en")
    before = held.came().fetch()
    keys = page.locator("pw-keys")
    keys.locator("[name=name]").fill("gateway")
    keys.get_by_role("button", name="Make the key").click()
    made = keys.locator("[data-key=gateway]")
    expect(made).to_be_visible()
    held.answer(response=before)
    expect(made).to_be_visible()


@pytest.mark.parametrize(
    ("browser_has", "buttons"),
    [
        ("delete Navigator.prototype.clipboard", 0),
        ("Clipboard.prototype.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'))", 1),
    ],
    ids=["not-over-plain-http", "refused"],
)
def test_a_link_is_copied_only_where_the_browser_lets_it(
    page: Page, closed: str, browser_has: str, buttons: int
) -> None:
    page.add_init_script(browser_has)
    _signed_in(page, closed)
    page.goto(f"{closed}/account/people?lang=en")
    walls = page.locator("pw-walls")
    walls.get_by_label("Where it hangs").fill(f"canteen {buttons}")
    walls.get_by_role("button", name="Make the link").click()
    expect(walls.locator(".handing code")).to_contain_text("#key=")
    copy = walls.get_by_role("button", name="Copy")
    expect(copy).to_have_count(buttons)
    for button in copy.all():
        button.click()
        page.evaluate(DRAWN)
        expect(button).to_have_text("Copy")


def test_what_nobody_declared_is_not_lost_with_an_answer_beside_it(page: Page, priced: Any) -> None:
    told = {"strays": [], "names": [], "unmapped": [], "adopted": 0, "dropped": 0, "next": None}
    name = {
        "meter": "P-1",
        "measurement": "em",
        "name": "total_wh",
        "value": 7.0,
        "rows": 1,
        "source": "scada",
    }
    at = priced.get("/sources")["time"]
    told["names"] = [name | {"first": at, "last": at, "received": at}]
    page.route("**/api/v1/strays", lambda _: None)
    page.route(
        "**/api/v1/strays",
        lambda route: route.fulfill(body=json.dumps(told), content_type="application/json"),
        times=1,
    )
    page.route("**/api/v1/sources", lambda route: route.fulfill(body=""), times=1)
    page.goto(f"{priced.url}/collectors?lang=en")
    expect(page.locator("tr[data-stray='P-1 em total_wh']")).to_be_visible()


def test_a_trial_says_nothing_of_the_rule_that_is_chosen_after_it_began(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/alerts?lang=en")
    _running(page, "**/api/v1/alert-rules/trials")
    held = Held(page, "**/api/v1/alert-rules/trials/*")
    trial = page.locator("pw-trial")
    trial.locator("[name=rule]").select_option("clock-ahead")
    trial.get_by_role("button", name="Try it").click()
    held.came()
    trial.locator("[name=rule]").select_option("spool-filling")
    held.answer(response=_done(held.came()))
    expect(trial.get_by_role("status")).to_have_text("")


def test_a_proposal_says_nothing_of_the_plan_that_is_opened_meanwhile(page: Page, priced: Any) -> None:
    day = f"{priced.month}-24"
    page.goto(f"{priced.url}/cost/plan?show={day}&lang=en")
    page.locator("input[type=file]").set_input_files(
        {
            "name": "jobs.csv",
            "mimeType": "text/csv",
            "buffer": f"code,line,duration_min,power_kw,start\nJ1,E1,60,10,{day}T10:00:00+08:00".encode(),
        }
    )
    job = page.locator("[data-job=J1]")
    expect(job).to_be_attached()
    keeping = page.locator("pw-keeping")
    keeping.get_by_label("Plan's code").fill("late")
    keeping.get_by_label("Who").fill("li.na")
    keeping.get_by_role("button", name="Keep", exact=True).click()
    _running(page, "**/api/v1/plans/optima")
    held = Held(page, "**/api/v1/plans/optima/*")
    page.get_by_role("button", name="Propose the cheapest").click()
    held.came()
    listed = page.locator("pw-kept-plans tr", has=page.locator("th", has_text="late"))
    listed.get_by_role("button", name="Open").click()
    expect(page.get_by_role("button", name="Propose the cheapest")).to_be_enabled()
    held.answer(response=_done(held.came()))
    expect(page.locator(".board .proposed")).to_have_count(0)


SCAN = {"id": "s1", "state": "running", "place": "", "asked": 0, "units": 32, "found": [], "trouble": ""}


def test_a_scan_is_ended_where_another_place_is_chosen_though_nobody_hears_it(
    page: Page, priced: Any
) -> None:
    ended: list[str] = []

    def told(route: Route) -> None:
        if route.request.url.endswith("/end"):
            ended.append(route.request.url)
            return route.abort()
        return route.fulfill(body=json.dumps(SCAN), content_type="application/json")

    page.route("**/api/v1/scans", told)
    page.route("**/api/v1/scans/**", told)
    page.goto(f"{priced.url}/meters?lang=en&add=1")
    adding = page.locator("pw-adding-meter")
    adding.locator("[name=host]").fill("192.0.2.1")
    adding.locator("[name=agreed]").check()
    adding.get_by_role("button", name="Scan", exact=True).click()
    expect(adding.get_by_role("button", name="Stop")).to_be_visible()
    adding.locator("[name=source]").select_option("scada")
    page.wait_for_timeout(1500)  # whoever follows the scan looks again
    assert ended
    expect(adding.get_by_role("alert")).to_have_count(0)
