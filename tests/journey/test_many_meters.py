"""The live page while each of five hundred meters shows another power every second."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from looks import NARROW, WIDE, complaints
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
ENTERPRISES, LOADS = 10, 489
PARTS = [f"E{n}" for n in range(ENTERPRISES)]
DOORS = [f"D{n}" for n in range(ENTERPRISES)]
SHOWN = [f"L{n}" for n in range(LOADS)]


def _named(code: str, **rest: str) -> dict[str, Any]:
    return {"code": code, "name": {"en": code, "zh": f"表{code}"}, **rest}


def _site() -> str:
    doors = [
        _named(f"D{n}", area=part, role="boundary", parent="GRID", source="scada")
        for n, part in enumerate(PARTS)
    ]
    loads = [
        _named(code, area=PARTS[n % ENTERPRISES], parent=DOORS[n % ENTERPRISES], source="scada")
        for n, code in enumerate(SHOWN)
    ]
    park = {"zone": "Asia/Shanghai", "region": "CN-GD", "sources": [{"code": "scada", "kind": "push"}]}
    areas = [
        _named("park", kind="park"),
        *(_named(part, kind="enterprise", parent="park") for part in PARTS),
    ]
    grid = _named("GRID", area="park", role="boundary", source="scada")
    return json.dumps(_named("park") | park | {"areas": areas, "meters": [grid, *doors, *loads]})


@contextmanager
def _moving(url: str) -> Iterator[None]:
    done = threading.Event()
    meters = ["GRID", *DOORS, *SHOWN]

    def post() -> None:
        turn = 0
        while not done.wait(1):
            turn += 1
            powers = [100 + (n + turn) % 37 for n in range(len(meters))]
            body = {"meter": meters, "time": [int(time.time() * 1e3)] * len(meters), "time_unit": "ms"}
            httpx.post(f"{url}/api/v1/readings", json=body | {"active_power": powers}, timeout=60)

    poster = threading.Thread(target=post)
    poster.start()
    try:
        yield
    finally:
        done.set()
        poster.join()


def _powers(page: Page) -> dict[str, str]:
    told: dict[str, str] = page.locator("pw-ranking tbody").evaluate(
        "body => Object.fromEntries([...body.rows].map(r => [r.dataset.meter, r.cells[3].innerText]))"
    )
    return told


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_one_of_five_hundred_meters_moves_on_the_page(
    page: Page, serve: Callable[..., Any], size: dict[str, int]
) -> None:
    url = serve(_site()).url
    page.set_viewport_size(size)
    with _moving(url):
        page.goto(f"{url}/live?lang=en")
        page.locator("pw-ranking button.more").click()
        expect(page.locator("pw-ranking tbody tr")).to_have_count(LOADS)
        first = _powers(page)
        still = set(first)
        deadline = time.monotonic() + 180
        while still and time.monotonic() < deadline:
            page.wait_for_timeout(500)
            still &= {code for code, power in _powers(page).items() if power == first[code]}
        assert not still
        assert set(first) == set(SHOWN)
        assert complaints(page) == []


def _remembered(url: str) -> None:
    """Of every load a minute between 40 and 50 kW for half an hour, until ten minutes ago."""
    now = int(time.time()) // 60 * 60
    rows = [(code, now - 60 * minute, 40 + minute % 10) for code in SHOWN for minute in range(40, 10, -1)]
    meters, times, powers = zip(*rows, strict=True)
    body = {"meter": meters, "time": times, "time_unit": "s", "active_power": powers}
    assert httpx.post(f"{url}/api/v1/readings", json=body, timeout=120).json()["accepted"] == len(rows)


def _drawn(page: Page, code: str) -> int:
    """Points of a row's sparkline."""
    path = page.locator(f"pw-ranking tr[data-meter={code}] .spark path")
    return len(re.findall("[ML]", path.get_attribute("d") or ""))


def test_the_first_rows_are_remembered_for_paper_though_none_was_in_sight(
    page: Page, serve: Callable[..., Any]
) -> None:
    url = serve(_site()).url
    _remembered(url)
    page.set_viewport_size({"width": 1440, "height": 500})
    page.goto(f"{url}/live?lang=en")
    expect(page.locator("pw-ranking tbody tr")).to_have_count(10)
    expect(page.locator("pw-ranking tbody tr").first).not_to_be_in_viewport()
    page.wait_for_function(
        "() => [...document.querySelectorAll('pw-ranking .spark path')]"
        ".every(path => path.getAttribute('d').match(/[ML]/g)?.length >= 30)",
        timeout=60_000,
    )


def test_rows_that_come_into_sight_are_remembered_together(page: Page, serve: Callable[..., Any]) -> None:
    url = serve(_site()).url
    _remembered(url)
    asked: list[list[str]] = []
    page.on("request", lambda one: asked.append(parse_qs(urlsplit(one.url).query).get("meter", [])))
    page.set_viewport_size(WIDE)
    page.goto(f"{url}/live?lang=en")
    page.locator("pw-ranking button.more").click()
    rows = page.locator("pw-ranking tbody tr")
    expect(rows).to_have_count(LOADS)
    last = str(rows.last.get_attribute("data-meter"))
    before = _drawn(page, last)
    rows.last.scroll_into_view_if_needed()
    page.wait_for_function(
        "code => document.querySelector(`tr[data-meter=${code}] .spark path`)"
        ".getAttribute('d').match(/[ML]/g)?.length >= 30",
        arg=last,
        timeout=60_000,
    )
    told = [codes for codes in asked if codes]
    assert before < 30
    assert len(told) <= 12
    assert len({code for codes in told for code in codes}) < LOADS / 2
