"""Any meter by a key and a few letters; the park on a wall, turning by itself."""

from typing import Any

import pytest
from looks import NARROW, complaints
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


def test_a_key_and_a_letter_lead_to_a_meter(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy?lang=en")
    expect(page.locator(".connection-live")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("c")
    first = page.get_by_role("dialog").get_by_role("option", selected=True)
    expect(first).to_contain_text("Casting")
    assert complaints(page) == []
    page.keyboard.press("ArrowDown")
    expect(first).to_contain_text("Cold")
    page.keyboard.press("Enter")
    expect(page.locator(".meter-title")).to_contain_text("Cold")
    page.keyboard.press("Control+k")
    page.keyboard.type("zzz")
    expect(page.get_by_role("dialog")).to_contain_text("Nothing is called “zzz”.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_letters_typed_into_a_field_stay_there(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/meters?lang=zh")
    page.locator("input[type=search]").press_sequentially("a/b")
    expect(page.locator("input[type=search]")).to_have_value("a/b")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="查找表计、区域或页面").click()
    page.get_by_role("combobox", name="查找表计、区域或页面").fill("制冷")
    page.get_by_role("dialog").get_by_role("option").first.click()
    expect(page.locator(".meter-title")).to_contain_text("制冷")


def test_the_wall_turns_by_itself_and_can_be_held(page: Page, priced: Any) -> None:
    page.clock.install()
    page.goto(f"{priced.url}/live?lang=en&wall=1")
    turn = page.locator(".wall-turn")
    expect(turn).to_have_attribute("data-area", "E1")
    page.clock.fast_forward(13_000)
    expect(turn).to_have_attribute("data-area", "E2")
    page.get_by_role("button", name="Stay on this one").click()
    held = str(turn.get_attribute("data-area"))
    expect(page.locator(".rail, pw-strip")).to_have_count(0)
    assert complaints(page) == []
    page.clock.fast_forward(30_000)
    expect(turn).to_have_attribute("data-area", held)
    page.get_by_role("button", name="Leave the wall view").click()
    expect(page.locator(".rail")).to_be_visible()


_LETTERS = """() => {
  const says = one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const read = [...document.querySelectorAll('.wall *')].filter(one => one.checkVisibility() && says(one));
  return Math.min(...read.map(one => parseFloat(getComputedStyle(one).fontSize)));
}"""


def test_a_screen_on_a_wall_is_read_from_afar_and_fits(page: Page, priced: Any) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{priced.url}/live?lang=en&theme=dark&wall=1")
    expect(page.locator(".wall-loads li").first).to_be_visible()
    expect(page.locator("pw-load canvas")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    assert page.evaluate(_LETTERS) >= 14
    first = page.locator(".wall-loads li").first.get_attribute("data-meter")
    assert any("/load-profiles" in url and f"meter={first}" in url for url in asked)
    assert complaints(page) == []


def test_the_wall_fits_a_phone_in_chinese(page: Page, priced: Any) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size
    page.goto(f"{priced.url}/live?lang=zh&theme=dark&wall=1")
    expect(page.locator("pw-wall")).to_contain_text("铸造")
    assert complaints(page) == []
