"""The live page left open: its memory stays flat, for two minutes here, for an hour in `make proof`."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
POWER = 0x0034
SETTLING_S = 30
MOST = 1.15
LEAST_BYTES, LEAST_NODES = 1_000_000, 200


@pytest.fixture
def moving(put: Callable[[int, int, float], None]) -> Iterator[None]:
    """Both meters show another power several times a second."""
    done = threading.Event()

    def move() -> None:
        turn = 0
        while not done.wait(0.3):
            turn += 1
            put(1, POWER, 240_000.0 + 10 * (turn % 97))
            put(2, POWER, 90_000.0 + 10 * (turn % 89))

    mover = threading.Thread(target=move)
    mover.start()
    yield
    done.set()
    mover.join()
    put(1, POWER, 240_000.0)
    put(2, POWER, 90_000.0)


def weighed(devtools: CDPSession) -> tuple[float, float]:
    """Bytes of the page's heap and its nodes, after what nobody holds was given back."""
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]), float(metrics["Nodes"])


@pytest.mark.parametrize("seconds", [120, pytest.param(3600, marks=pytest.mark.long)])
def test_memory_stays_flat(page: Page, url: str, moving: None, seconds: int) -> None:
    del moving
    page.goto(f"{url}/live?lang=en")
    expect(page.locator("pw-ranking tbody tr").first).to_be_visible()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    devtools.send("HeapProfiler.enable")
    page.wait_for_timeout(1000 * SETTLING_S)
    heap, nodes = weighed(devtools)
    seen = set[str]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen.add(page.locator("[data-figure=power]").inner_text())
        page.wait_for_timeout(1000)
    later = weighed(devtools)
    told = {"seconds": seconds, "heap": [heap, later[0]], "nodes": [nodes, later[1]], "figures": len(seen)}
    _write(told)
    assert len(seen) > 1, told
    assert later[0] < max(MOST * heap, heap + LEAST_BYTES), told
    assert later[1] < max(MOST * nodes, nodes + LEAST_NODES), told


def _write(told: dict[str, Any]) -> None:
    """Where proofs are kept, when they are made."""
    if folder := os.environ.get("PARKWATT_PROOF_DIR"):
        Path(folder, "page_soak.json").write_text(json.dumps(told) + "\n", encoding="utf-8")
