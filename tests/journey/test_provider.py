"""Sign in with a provider that others wrote, by the button of the page, in both languages."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from looks import NARROW, WIDE, complaints
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.peer]
PEERS = Path(__file__).parents[1] / "peers"
PARK = {"roles": ["park-administrator"], "areas": None, "whole_park": True}


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """The browser notes a sign-in that was refused, and a font that the provider would fetch."""
    return ("Failed to load resource",)


@pytest.fixture
def service(serve: Callable[..., Any], site: str, node: str, free_port: Callable[[], int]) -> Iterator[Any]:
    port = free_port()
    named = {
        "PARKWATT_OIDC_ISSUER": f"http://127.0.0.1:{port}",
        "PARKWATT_OIDC_CLIENT_ID": "parkwatt",
        "PARKWATT_OIDC_CLIENT_SECRET": "a-secret-of-the-test-only",
        "PARKWATT_OIDC_NAME": "Park SSO",
        "PARKWATT_OIDC_ROLES": "admins=park-administrator, hall-staff=enterprise-user@E1",
        "PARKWATT_TOKEN": "a-token-that-closes-the-door",
    }
    service = serve(site, **named)
    with subprocess.Popen(
        [node, "oidc_provider.cjs", str(port), f"{service.url}/api/v1/session/provider/return"],
        cwd=PEERS,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        assert any(line.strip() == "ready" for line in process.stdout)
        yield service
        process.terminate()


@pytest.fixture(autouse=True)
def _kept_in(page: Page) -> None:
    """The provider's pages name a font of the network."""
    page.route(re.compile("^https:"), lambda route: route.abort())


def _vouched(page: Page, name: str) -> None:
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill("any")
    page.locator("[type=submit]").click()
    page.get_by_role("button", name="Continue").click()


@pytest.mark.parametrize(
    ("language", "button"), [("en", "Sign in with Park SSO"), ("zh", "使用 Park SSO 登录")]
)
def test_the_button_leads_there_and_back(page: Page, service: Any, language: str, button: str) -> None:
    page.goto(f"{service.url}/live?lang={language}")
    expect(page.get_by_role("button", name=button)).to_be_visible()
    assert complaints(page) == []
    page.get_by_role("button", name=button).click()
    _vouched(page, "boss")
    expect(page.locator(".signed")).to_have_text("sso.boss")


def test_whom_nothing_names_is_told_why(page: Page, service: Any) -> None:
    page.goto(f"{service.url}/live?lang=en")
    page.get_by_role("button", name="Sign in with Park SSO").click()
    _vouched(page, "stray")
    expect(page.get_by_role("heading")).to_have_text("Not signed in · 未能登录")
    expect(page.locator("body")).to_contain_text("nobody has invited them")
    page.get_by_role("link", name="ParkWatt").click()
    expect(page.locator("pw-sign-in")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "button", "size"),
    [
        ("en", "Sign in with Park SSO", WIDE),
        ("en", "Sign in with Park SSO", NARROW),
        ("zh", "使用 Park SSO 登录", WIDE),
        ("zh", "使用 Park SSO 登录", NARROW),
    ],
)
def test_whoever_is_invited_may_come_by_the_provider(
    page: Page,
    service: Any,
    language: str,
    button: str,
    size: dict[str, int],
) -> None:
    name = f"li.na.{language}.{size['width']}"
    headers = {"Authorization": "Bearer a-token-that-closes-the-door"}
    body = {"name": name, "roles": ["enterprise-user"], "areas": ["E1"]}
    if not any(each["name"] == "boss" for each in _people(service, headers)):
        httpx.post(
            f"{service.url}/api/v1/people", headers=headers, json=body | {"name": "boss"} | PARK, timeout=60
        )
    made = httpx.post(f"{service.url}/api/v1/people", headers=headers, json=body, timeout=60)
    assert made.status_code == 200, made.text
    page.set_viewport_size(size)  # type: ignore[arg-type]  # a size
    at, _, secret = made.json()["link"].partition("#")
    page.goto(f"{service.url}{at}?lang={language}#{secret}")
    expect(page.get_by_role("button", name=button)).to_be_visible()
    expect(page.locator("pw-enter label:visible")).to_have_count(2)
    assert complaints(page) == []
    page.get_by_role("button", name=button).click()
    _vouched(page, f"invited-{language}-{size['width']}")
    expect(page.locator(".signed")).to_have_text(name)


def _people(service: Any, headers: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(
        f"{service.url}/api/v1/people", headers=headers, timeout=60
    ).json()["people"]
    return found
