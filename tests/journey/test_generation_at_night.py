"""An inverter at night: it draws a little, which is no generation below nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from looks import NARROW, WIDE
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
SITE = """
code: works
name: {en: Works, zh: 工厂}
zone: Asia/Shanghai
region: CN-GD
areas:
  - {code: works, kind: park, name: {en: Works, zh: 工厂}}
  - {code: E1, kind: enterprise, parent: works, name: {en: Hall, zh: 厂房}}
sources: [{kind: push, code: scada}]
meters:
  - {code: in, name: {en: Incomer, zh: 进线}, area: works, source: scada, role: boundary}
  - {code: hall, name: {en: Feeder, zh: 馈线}, area: E1, source: scada, role: boundary, parent: in}
  - {code: pv, name: {en: Roof PV, zh: 屋顶光伏}, area: E1, source: scada, role: generation, parent: hall}
"""
OUTSIDE = """node => {
  const box = node.querySelector('rect').getBoundingClientRect();
  const texts = [...node.querySelectorAll('text')].map(one => one.getBoundingClientRect());
  return texts.filter(one => one.width && (one.left < box.left + 4 || one.right > box.right - 4)).length;
}"""


@pytest.mark.parametrize(
    ("language", "drawn", "listed"),
    [("en", "draws 0.02 kW", "Generation, drawing"), ("zh", "自用 0.02 kW", "发电侧自用")],
)
def test_what_makes_nothing_is_said_to_draw(
    page: Page, serve: Callable[..., Any], language: str, drawn: str, listed: str
) -> None:
    url, now = serve(SITE).url, datetime.now(UTC).isoformat()
    for meter, kw in {"in": 812.0, "hall": 811.0, "pv": 0.02}.items():
        body = {"meter": meter, "time": [now], "active_power": [kw]}
        assert httpx.post(f"{url}/api/v1/readings?source=scada", json=body, timeout=60).status_code == 200
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # a size
    page.goto(f"{url}/live?lang={language}")
    node = page.locator(".node-generation")
    expect(node.locator(".value")).to_have_text(drawn)
    assert node.evaluate(OUTSIDE) == 0
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size
    row = page.locator(".flow-list li").nth(1)
    expect(row).to_contain_text(listed)
    expect(row).to_contain_text("0.02 kW")
