"""From the link that the first start prints to accounts of others, in both languages and at both widths."""

import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from looks import NARROW, WIDE, complaints
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
GOOD, OTHER = "four words on a slip", "quite another set of words"


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """The browser notes each refused sign-in."""
    return ("Failed to load resource: the server responded with a status of 4",)


@pytest.fixture
def service(serve: Callable[..., Any], site: str) -> Any:
    return serve(site)


def _link(service: Any) -> str:
    [found] = re.findall(r"http://\S+/enter#\S+", service.log.read_text())
    return str(found)


def _sign_in(page: Page, name: str, password: str) -> None:
    page.locator("pw-sign-in [name=name]").fill(name)
    page.locator("pw-sign-in [name=password]").fill(password)
    page.locator("pw-sign-in button.primary").click()


def _set_up(page: Page, service: Any) -> None:
    page.goto(_link(service).replace("/enter#", "/enter?lang=en#"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Set ParkWatt up")
    assert complaints(page) == []
    page.get_by_label("Name").fill("wang.wei")
    page.get_by_label("New password").fill(GOOD)
    page.get_by_label("The same again").fill(OTHER)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_have_text("The two are not the same.")
    page.get_by_label("The same again").fill(GOOD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.locator(".signed")).to_have_text("wang.wei")
    assert page.url.startswith(f"{service.url}/live")
    assert "#" not in page.url


def _add(page: Page) -> str:
    """The link of a further person."""
    people = page.locator("pw-people")
    people.get_by_label("Name").fill("li.na")
    people.get_by_label("Role").select_option("enterprise-user")
    people.get_by_label("Sees").select_option("E1")
    people.get_by_role("button", name="Make the account").click()
    link = people.locator(".handing code").inner_text()
    expect(people.locator("[data-person='li.na']")).to_contain_text("link not used yet")
    assert complaints(page) == []
    return link


def _hang(page: Page, browser: Browser) -> None:
    """A wall comes in by its link, and again when its session has ended, until the link is revoked."""
    walls = page.locator("pw-walls")
    walls.get_by_label("Where it hangs").fill("canteen")
    walls.get_by_role("button", name="Make the link").click()
    expect(walls.locator(".handing")).to_contain_text("Open this on the display")
    wall = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type]  # a size
    wall.goto(walls.locator(".handing code").inner_text())
    for _ in range(2):
        expect(wall.locator(".wall h1")).to_have_text("Riverside works")
        expect(wall.locator(".wall pw-load")).to_be_visible()
        expect(wall.locator(".wall [role=alert]")).to_have_count(0)
        wall.context.clear_cookies()
        wall.reload()
    expect(wall.locator(".wall h1")).to_have_text("Riverside works")
    for path, status in (("/live", 200), ("/bills", 403), ("/people", 403), ("/audit", 403)):
        asked = wall.evaluate("path => fetch('/api/v1' + path).then(answer => answer.status)", path)
        assert asked == status, path
    assert complaints(page) == []
    page.once("dialog", lambda dialog: dialog.accept())
    walls.get_by_role("button", name="Revoke: canteen").click()
    expect(walls.locator("[data-wall]")).to_have_count(0)
    wall.reload()
    assert wall.evaluate("fetch('/api/v1/live').then(answer => answer.status)") == 401
    wall.close()


def _enter(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("设置密码")
    expect(page.locator("form")).to_contain_text("li.na")
    page.get_by_label("新密码").fill(GOOD)
    page.get_by_label("再次输入").fill(GOOD)
    assert complaints(page) == []
    page.get_by_role("button", name="设置密码").click()
    expect(page.locator(".signed")).to_have_text("li.na")


def _ask_for_codes(page: Page) -> None:
    own = page.locator("pw-own-account")
    expect(own.locator("tbody tr")).to_have_count(1)
    assert complaints(page) == []
    own.locator("[data-form=authenticator] [name=password]").fill(GOOD)
    own.get_by_role("button", name="开始").click()
    secret = own.locator("code.secret").inner_text().replace(" ", "")
    own.locator("[data-form=code] [name=code]").fill(pyotp.TOTP(secret).now())
    own.get_by_role("button", name="从现在起需要验证码").click()
    expect(own).to_contain_text("每次登录都需要验证码")


def test_a_park_gets_its_first_people(page: Page, browser: Browser, service: Any) -> None:
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # a size
    page.goto(f"{service.url}/live?lang=en")
    expect(page.locator(".signed")).to_have_text("Account")
    page.goto(f"{service.url}/account/people?lang=en")
    expect(page.locator("pw-people .empty")).to_contain_text("Nobody has an account yet.")
    _set_up(page, service)
    page.goto(f"{service.url}/account/people?lang=en")
    link = _add(page)

    _hang(page, browser)
    other = browser.new_context(viewport=NARROW, locale="zh-CN").new_page()  # type: ignore[arg-type]  # a size
    _enter(other, link)
    expect(other.locator("pw-live")).to_contain_text("注塑")
    expect(other.locator("nav.rail a[href^='/collectors']")).to_have_count(0)
    other.goto(f"{service.url}/collectors?lang=zh")
    expect(other.get_by_role("alert")).to_contain_text("您的角色不能查看此页面")
    other.goto(link)
    expect(other.get_by_role("alert")).to_contain_text("此链接已失效")

    other.goto(f"{service.url}/account?lang=zh")
    _ask_for_codes(other)
    other.get_by_role("button", name="在所有位置退出").click()
    expect(other.locator("pw-sign-in")).to_be_visible()
    assert complaints(other) == []
    _sign_in(other, "li.na", OTHER)
    expect(other.get_by_role("alert")).to_have_text("名称、密码或验证码不正确。")
    _sign_in(other, "li.na", GOOD)
    expect(other.get_by_label("验证器的验证码")).to_be_visible()

    people = page.locator("pw-people")
    page.on("dialog", lambda dialog: dialog.accept())
    people.get_by_role("button", name="Reset: li.na").click()
    expect(people.locator(".handing code")).not_to_have_text(link)
    expect(people.locator(".handing")).to_contain_text("Hand this link to li.na")
    other.goto(people.locator(".handing code").inner_text().replace("/enter#", "/enter?lang=en#"))
    other.get_by_label("New password").fill(OTHER)
    other.get_by_label("The same again").fill(OTHER)
    other.get_by_role("button", name="Set the password").click()
    expect(other.locator(".signed")).to_have_text("li.na")

    people.get_by_role("button", name="End: li.na").click()
    expect(people.locator("[data-person='li.na']")).to_contain_text("ended")
    other.reload()
    expect(other.locator("pw-sign-in")).to_be_visible()
    other.close()
