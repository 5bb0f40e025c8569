"""The live page while each of five hundred meters shows another power every second."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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
        deadline = time.monotonic() + 60
        while still and time.monotonic() < deadline:
            page.wait_for_timeout(500)
            still &= {code for code, power in _powers(page).items() if power == first[code]}
        assert not still
        assert set(first) == set(SHOWN)
        assert complaints(page) == []
