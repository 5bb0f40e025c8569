"""A page on paper: light, without rail and buttons, its charts inside their width."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


def test_a_dark_page_is_printed_light_and_is_dark_again(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy?lang=en&theme=dark")
    expect(page.locator("pw-energy pw-chart[data-drawn]")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator(".printed")).to_contain_text("Weir works")
    for hidden in (".rail", "pw-strip", ".files", ".views"):
        expect(page.locator(hidden).first).to_be_hidden()
    corner = page.locator("pw-energy canvas.on-paper").evaluate(
        "canvas => canvas.getBoundingClientRect().right - document.documentElement.clientWidth"
    )
    assert corner <= 0
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith("theme=dark")


def test_charts_are_light_on_paper_when_it_is_made(page: Page, priced: Any) -> None:
    """Nobody waits between a page's being told of paper and its being taken."""
    page.goto(f"{priced.url}/cost?month={priced.month}&lang=en&theme=dark")
    expect(page.locator("pw-chart[data-drawn]")).to_have_count(3)
    page.evaluate(_PAINTED)
    page.pdf()
    painted = page.evaluate("painted")
    assert len(painted) == 3
    assert all(share > 0.01 and light < 128 for share, light in painted), painted
    assert page.locator(".on-paper").count() == 0


_PAINTED = """addEventListener('beforeprint', () => {
  window.painted = [...document.querySelectorAll('pw-chart canvas.on-paper')].map(one => {
    const { data } = one.getContext('2d').getImageData(0, 0, one.width, one.height);
    let [inked, words, light] = [0, 0, 0];
    for (let i = 0; i < data.length; i += 4) {
      inked += data[i + 3] > 0;
      const rgb = data.slice(i, i + 3);
      const grey = Math.max(...rgb) - Math.min(...rgb) < 24;
      if (grey && data[i + 3] === 255 && data[i] < 230) { words++; light += data[i]; }
    }
    return [4 * inked / data.length, light / words];
  });
})"""


def test_the_tree_is_printed_alone_and_a_meter_without_the_tree(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/meters?lang=en")
    expect(page.locator("pw-meter-curve canvas")).to_be_visible()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf())) == 1
    page.emulate_media(media="print")
    expect(page.locator("pw-meter")).to_be_hidden()
    page.goto(f"{priced.url}/meters/P-1?lang=en")
    expect(page.locator("pw-meter")).to_be_visible()
    expect(page.locator("pw-meter-tree")).to_be_hidden()


def test_paper_has_no_forms(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/cost?month={priced.month}&lang=en")
    expect(page.locator("pw-comparison")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("pw-comparison")).to_be_hidden()
    expect(page.locator(".views")).to_be_hidden()
