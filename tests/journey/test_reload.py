"""The site is edited while the service runs: sources and meters come and go, and mistakes change nothing."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
POWER = 0x0034
SOURCE = "  - {{kind: modbus, code: line-2, host: 127.0.0.1, port: {port}, poll_s: 0.5, timeout_s: 5}}\n"
METER = """
  - code: {code}
    name: {{en: Dryer, zh: 干燥机}}
    area: E1
    source: {source}
    device: eastron-sdm630
    address: {unit}
"""


class Edited:
    """A service and its site's file."""

    def __init__(self, service: Any) -> None:
        self.url = service.url
        self.service = service
        self.file = Path(service.variables["PARKWATT_CONFIG_DIR"]) / "sites/plant.yaml"
        self.text = self.file.read_text("utf-8")

    def write(self, text: str) -> None:
        """As an editor does that writes beside and renames."""
        beside = self.file.with_suffix(".part")
        beside.write_text(text, "utf-8")
        beside.replace(self.file)

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.url}/api/v1{path}", timeout=60).raise_for_status().json()

    def power(self, meter: str) -> float | None:
        rows = {row["meter"]: row["power_kw"] for row in self.get("/live")["meters"]}
        found: float | None = rows.get(meter)
        return found

    def sources(self) -> dict[str, Any]:
        return {source["code"]: source for source in self.get("/sources")["sources"]}


def until(what: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "this did not come about in time"
        time.sleep(0.1)


@pytest.fixture
def edited(serve: Callable[..., Any], site: str) -> Edited:
    return Edited(serve(site))


@pytest.fixture
def second(registers: Any) -> Iterator[Any]:
    bank = type(registers)()
    bank.put(7, POWER, 55_000.0)
    yield bank
    bank.stop()


def test_a_source_and_meters_come_and_go(
    edited: Edited,
    second: Any,
    put: Callable[[int, int, float], None],
    page: Page,
) -> None:
    page.goto(f"{edited.url}/meters?lang=en")
    expect(page.locator(".meter-line[data-meter='M-2']")).to_be_visible(timeout=60_000)
    put(3, POWER, 33_000.0)
    closed: list[object] = []
    service = second._server._service
    shutdown = service.shutdown_request
    service.shutdown_request = lambda request: (closed.append(request), shutdown(request))
    with_source = edited.text.replace("meters:\n", SOURCE.format(port=second.port) + "meters:\n")
    edited.write(
        with_source
        + METER.format(code="M-3", source="line-1", unit=3)
        + METER.format(code="N-7", source="line-2", unit=7)
    )
    until(lambda: edited.power("N-7") == 55.0 and edited.power("M-3") == 33.0)
    expect(page.locator(".meter-line[data-meter='N-7']")).to_be_visible(timeout=60_000)
    until(lambda: edited.sources()["line-2"]["answering"] == 1)
    assert not closed
    edited.write(edited.text + METER.format(code="M-3", source="line-1", unit=3))
    until(lambda: closed)
    until(lambda: "line-2" not in edited.sources())
    until(lambda: edited.power("N-7") is None)
    until(lambda: edited.power("M-3") == 33.0)
    expect(page.locator(".meter-line[data-meter='N-7']")).to_have_count(0, timeout=60_000)


def test_a_meter_that_is_declared_while_its_page_is_open_is_shown(
    edited: Edited, page: Page, expected_noise: tuple[str, ...]
) -> None:
    del expected_noise
    page.goto(f"{edited.url}/meters/M-3?lang=en")
    expect(page.get_by_role("heading", name="No such meter")).to_be_visible()
    edited.write(edited.text + METER.format(code="M-3", source="line-1", unit=3))
    expect(page.locator(".meter-title")).to_contain_text("Dryer")


def test_a_mistake_changes_nothing_and_is_told(edited: Edited, page: Page) -> None:
    until(lambda: edited.power("M-2"))
    edited.write(edited.text.replace("device: eastron-sdm630", "device: eastron-sdm63"))
    until(lambda: edited.get("/sources")["configuration"]["mistakes"])
    mistakes = edited.get("/sources")["configuration"]["mistakes"]
    assert [mistake["key"] for mistake in mistakes] == ["meters[0].device", "meters[1].device"]
    assert "did you mean 'eastron-sdm630'" in mistakes[0]["reason"]
    reads = edited.sources()["line-1"]["reads"]
    until(lambda: edited.sources()["line-1"]["reads"] > reads)
    assert edited.service.log.read_text().count("is not taken up") == 1
    page.goto(f"{edited.url}/collectors?lang=en")
    notice = page.locator(".notices")
    expect(notice).to_contain_text("meters[0].device", timeout=60_000)
    expect(notice).to_contain_text("plant.yaml")
    edited.write(edited.text)
    expect(notice).to_have_count(0, timeout=60_000)


def test_the_first_park_is_taken_up_without_a_restart(
    serve: Callable[..., Any], site: str, page: Page, expected_noise: tuple[str, ...]
) -> None:
    del expected_noise
    service = serve("")
    page.goto(f"{service.url}/live?lang=en")
    expect(page.get_by_role("heading", name="No park is described yet")).to_be_visible(timeout=60_000)
    (Path(service.variables["PARKWATT_CONFIG_DIR"]) / "sites/plant.yaml").write_text(site, "utf-8")
    expect(page.locator("pw-ranking tr[data-meter='M-2']")).to_be_visible(timeout=60_000)


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """Without a park the browser reports each question that is answered 404."""
    return ("Failed to load resource:",)
