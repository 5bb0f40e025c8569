"""Charts of the live view, of days and of a meter, and the balance, as tables and files; the power flow."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from looks import NARROW, complaints, files_of, table_of
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
STORED = """
code: works
name: {en: Weir works, zh: 堰口工厂}
zone: Asia/Shanghai
region: CN-GD
areas:
  - {code: works, kind: park, name: {en: Weir works, zh: 堰口工厂}}
  - {code: E1, kind: enterprise, parent: works, name: {en: Foundry, zh: 铸造厂}}
sources: [{kind: push, code: scada}]
meters:
  - {code: S-0, name: {en: Incomer, zh: 进线}, area: works, source: scada, role: boundary}
  - {code: S-1, name: {en: Foundry, zh: 铸造厂}, area: E1, source: scada, role: boundary, parent: S-0}
  - {code: S-2, name: {en: Battery meter, zh: 储能表}, area: E1, source: scada, parent: S-1}
converters:
  - code: BAT
    kind: storage
    name: {en: Yard battery, zh: 场内储能}
    inputs: [S-2]
    outputs: [S-2]
    efficiency: 0.9
"""


def yesterday() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)


def test_the_live_load_is_a_table_and_files(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/live?lang=en")
    load = page.locator("pw-load")
    expect(load.locator("canvas")).to_be_visible()
    noon = [row for row in table_of(load) if row[0] == "12:00"]
    assert noon[0][3:5] == ["100.0", ""]
    csv, cells, _ = files_of(page, load)
    assert csv[0][:2] == ["Time", "today [kW]"]
    assert [float(csv[49][3]), cells[49][3]] == [100.0, 100]
    assert complaints(page) == []


def test_today_so_far_has_the_rate_of_what_was_bought(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/live?lang=en")
    today = page.locator("pw-today")
    expect(today).to_contain_text("Today so far")
    if datetime.now(ZoneInfo("Asia/Shanghai")).hour >= 2:
        expect(today).to_contain_text("442 g/kWh")
        expect(today).to_contain_text("against yesterday by then")


def test_a_meter_s_day_is_a_table_and_files(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/meters/P-1?lang=en")
    curve = page.locator("pw-meter-curve")
    expect(curve.locator("canvas")).to_be_visible()
    assert [row[3] for row in table_of(curve) if row[0] == "12:00"] == ["60.000"]
    csv, cells, _ = files_of(page, curve)
    assert [float(csv[49][3]), cells[49][3]] == [60.0, 60]
    assert complaints(page) == []


@pytest.mark.parametrize(("path", "kind", "total"), [("energy", "kWh", 2400.0), ("carbon", "kg", None)])
def test_days_are_a_chart_and_files(
    page: Page,
    priced: Any,
    path: str,
    kind: str,
    total: float | None,
) -> None:
    page.goto(f"{priced.url}/{path}?lang=en")
    days = page.locator(f"pw-{path} pw-exhibit").first
    expect(days.locator("pw-chart[data-drawn]")).to_be_visible()
    csv, cells, _ = files_of(page, days)
    day = next(row for row in csv if row[0] == str(priced.day))
    assert csv[0][1] == f"Total [{kind}]"
    assert total is None or float(day[1]) == pytest.approx(total)
    assert float(day[4]) + float(day[5]) == pytest.approx(float(day[1]))
    assert len(cells) == len(csv) == 15
    days.get_by_role("button", name="Cold store").click()
    expect(days.get_by_role("button", name="Cold store")).to_have_attribute("aria-pressed", "false")
    page.set_viewport_size(NARROW)
    assert complaints(page) == []


def test_a_picture_is_asked_for_before_its_drawing_came(page: Page, priced: Any) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/echarts-*.js", hold)
    page.goto(f"{priced.url}/energy?lang=en")
    days = page.locator("pw-energy pw-exhibit").first
    height = (days.bounding_box() or {})["height"]
    days.get_by_role("button", name="Save as PNG").click()
    expect(days.locator("canvas")).to_have_count(0)
    with page.expect_download() as waited:
        held[0].continue_()
    assert waited.value.suggested_filename.endswith(".png")
    assert (days.bounding_box() or {})["height"] == height


def test_a_day_s_bar_opens_its_load_curve(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy?lang=en&days=7")
    chart = page.locator("pw-energy pw-chart[data-drawn]")
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": 64 + (box["width"] - 76) * 5.5 / 7, "y": 190})
    expect(page).to_have_url(f"{priced.url}/energy/profile?day={yesterday()}&days=7&lang=en")


def test_the_balance_is_files(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/energy/balance?day={priced.day}&lang=en")
    with page.expect_download() as waited:
        page.locator("pw-balance .files button", has_text="CSV").click()
    lines = Path(waited.value.path()).read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Place,")
    assert [line.split(",")[:2] for line in lines[1:3]] == [
        ["Weir works", "2400"],
        ["Weir works / Casting <b>hall</b>", "1440"],
    ]


def test_the_one_line_shows_a_storage_and_what_is_fed_in(page: Page, serve: Callable[..., Any]) -> None:
    url = serve(STORED).url
    for meter, kw in {"S-0": -30.0, "S-1": -30.0, "S-2": -80.0}.items():
        body = {"meter": meter, "time": [datetime.now(UTC).isoformat()], "active_power": [kw]}
        assert httpx.post(f"{url}/api/v1/readings?source=scada", json=body, timeout=60).status_code == 200
    page.goto(f"{url}/live?lang=en")
    line = page.locator("pw-oneline")
    expect(line.locator(".node-grid")).to_contain_text("30.0 kW fed in")
    expect(line.locator(".node-storage")).to_contain_text("Yard battery")
    expect(line.locator(".node-storage")).to_contain_text("giving 80.0 kW")
    expect(line.locator(".flow-back")).to_have_count(2)
    page.set_viewport_size(NARROW)
    expect(line.locator(".flow-list")).to_contain_text("Fed into the grid")
    expect(line.locator(".flow-list")).to_contain_text("giving 80.0 kW")
