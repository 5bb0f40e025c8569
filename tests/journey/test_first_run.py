"""From an empty service to the first live meter on the page alone, and from a site file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from far import until
from looks import NARROW, WIDE, complaints
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
POWER, VOLTAGE, FREQUENCY = 0x0034, 0x0000, 0x0046
UNIT = 7
WORDS = {
    "en": ("Create the park", "Scan", "Take", "Read once", "Save", "It is live", "unit ids asked"),
    "zh": ("创建园区", "扫描", "选用", "试读一次", "保存", "已接入", "已询问"),
}


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """Without a park the browser reports each question that is answered 404, and what is refused."""
    return ("Failed to load resource:",)


@pytest.mark.parametrize(("language", "size"), [("en", WIDE), ("zh", NARROW)])
def test_an_empty_park_comes_to_its_first_live_meter(
    page: Page,
    serve: Callable[..., Any],
    new_database: Callable[[], str],
    registers: Any,
    language: str,
    size: dict[str, int],
) -> None:
    service = serve("", PARKWATT_DATABASE_URL=new_database())
    for address, value in ((POWER, 41_250.0), (VOLTAGE, 230.5), (FREQUENCY, 50.01)):
        registers.put(UNIT, address, value)
    create, scan, take, read, save, live, asked = WORDS[language]
    page.set_viewport_size(size)  # type: ignore[arg-type]  # a size
    page.goto(f"{service.url}/?lang={language}")
    first = page.locator("pw-first-park")
    first.locator("[name=zh]").fill("河畔 <b>工厂</b>")
    first.locator("[name=en]").fill("Riverside <b>works</b>")
    expect(first.locator("[name=region]")).to_have_value("CN-GD")
    expect(page.locator(".connection, .picker")).to_have_count(0)
    assert complaints(page) == []
    first.get_by_role("button", name=create).click()

    adding = page.locator("pw-adding-meter")
    expect(adding.locator("fieldset .hint")).to_contain_text(
        re.compile("to the place above,|将向 上面的地址 ")
    )
    adding.locator("[name=host]").fill("127.0.0.1")
    adding.locator("[name=port]").fill(str(registers.port))
    adding.locator("[name=units]").fill(str(UNIT))
    expect(adding.get_by_role("button", name=scan, exact=True)).to_be_disabled()
    adding.locator("[name=agreed]").check()
    adding.get_by_role("button", name=scan, exact=True).click()
    row = adding.locator(f"tr[data-unit='{UNIT}']")
    row.locator("li", has_text="eastron-sdm630").get_by_role("button", name=take).click()
    expect(adding.get_by_text(asked)).to_be_visible()
    expect(adding.locator("tr[data-quantity='active_power']")).to_contain_text("41.25")
    assert complaints(page) == []
    adding.locator("[name=multiplier]").fill("40")
    adding.get_by_role("button", name=read).click()
    expect(adding.locator("tr[data-quantity='active_power']")).to_contain_text("650")
    adding.locator("[name=zh]").fill("进线")
    adding.locator("[name=en]").fill("Incomer")
    adding.get_by_role("button", name=save).click()
    expect(adding.get_by_text(live)).to_be_visible()
    expect(adding.locator("[data-live='M-1']")).to_contain_text("kW")
    assert complaints(page) == []

    folder = Path(service.variables["PARKWATT_CONFIG_DIR"]) / "sites"
    assert "multiplier: 40}" in (folder / "park.yaml").read_text(encoding="utf-8")
    assert len(list(folder.iterdir())) == 2

    def seen() -> list[tuple[str, float | None]]:
        told = httpx.get(f"{service.url}/api/v1/live", timeout=60).json()["meters"]
        return [(one["meter"], one["power_kw"]) for one in told]

    until(lambda: seen() == [("M-1", 1650.0)])


def test_a_site_file_is_imported_once_it_is_right(
    page: Page, serve: Callable[..., Any], site: str, tmp_path: Path
) -> None:
    service, file = serve(""), tmp_path / "works.yaml"
    file.write_text(site.replace("area: E1", "area: E9"), encoding="utf-8")
    page.goto(f"{service.url}/?lang=en")
    first = page.locator("pw-first-park")
    first.locator("[name=file]").set_input_files(file)
    expect(first.locator(".file-field output")).to_have_text("works.yaml")
    first.get_by_role("button", name="Check and import").click()
    expect(first.get_by_role("alert")).to_contain_text("meters[1].area: there is no area 'E9'")
    assert not list(Path(service.variables["PARKWATT_CONFIG_DIR"]).glob("sites/*.yaml"))
    file.write_text(site, encoding="utf-8")
    first.locator("[name=file]").set_input_files(file)
    first.get_by_role("button", name="Check and import").click()
    expect(page.locator("pw-ranking tr[data-meter='M-2']")).to_be_visible()


def test_what_is_wrong_with_a_meter_is_told_and_the_form_stays(
    page: Page, serve: Callable[..., Any], site: str
) -> None:
    service = serve(site)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size
    page.goto(f"{service.url}/meters?lang=en&add=1")
    adding = page.locator("pw-adding-meter")
    adding.locator("[name=source]").select_option("line-1")
    adding.locator("[name=address]").fill("300")
    adding.locator("[name=device]").fill("eastron-sdm63")
    adding.get_by_role("button", name="Read once").click()
    expect(adding.get_by_role("alert")).to_contain_text(
        "device: is no template of the library (got 'eastron-sdm63')"
    )
    adding.locator("[name=device]").fill("eastron-sdm630")
    adding.get_by_role("button", name="Read once").click()
    expect(adding.get_by_role("alert")).to_contain_text("address: a Modbus unit id is a number from 0 to 255")
    for name, value in (("address", "2"), ("code", "M-2"), ("zh", "表"), ("en", "Twice")):
        adding.locator(f"[name={name}]").fill(value)
    adding.get_by_role("button", name="Save").click()
    expect(adding.get_by_role("alert").last).to_contain_text("'M-2' stands twice")
    expect(adding.locator("[name=en]")).to_have_value("Twice")
    assert complaints(page) == []
