"""The plan board: jobs by form and table, moved by pointer and keys, checked, with the cheapest beside."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))
from looks import NARROW, complaints, files_of
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """The browser notes a plan that is refused."""
    return ("Failed to load resource: the server responded with a status of 422",)


def upload(page: Page, *rows: str) -> None:
    head = "code,line,duration_min,power_kw,start,deadline"
    text = "\n".join((head, *rows)).encode()
    page.locator("input[type=file]").set_input_files(
        {"name": "jobs.csv", "mimeType": "text/csv", "buffer": text}
    )


def row(page: Page, job: str) -> Locator:
    return page.locator("pw-plan table.cards tr", has=page.locator("th", has_text=job))


def add(page: Page, code: str, **fields: str) -> None:
    page.get_by_label("Job's code").fill(code)
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " ")).fill(value)
    page.get_by_role("button", name="Add job").click()


def test_a_job_is_moved_by_keys_and_pointer_and_checked_each_time(page: Page, priced: Any) -> None:  # noqa: ANN401  # conftest's Priced
    page.goto(f"{priced.url}/cost/plan?show={priced.month}-20&lang=en")
    expect(page.locator("pw-plan")).to_contain_text("No job yet.")
    page.get_by_label("Runs on").select_option("E1")
    page.get_by_label("Power [kW]").fill("10")
    add(page, "J1", Begins="10:00")
    expect(row(page, "J1")).to_contain_text("11.50")
    job = page.locator("[data-job=J1]")
    job.focus()
    page.keyboard.press("ArrowLeft")
    expect(row(page, "J1")).to_contain_text("09:45\u201310:45")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    expect(row(page, "J1")).to_contain_text("06:45\u201307:45")
    expect(row(page, "J1")).to_contain_text("3.00")
    box = job.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 5 + 2.5 * box["width"], box["y"] + 5, steps=8)
    page.mouse.up()
    expect(row(page, "J1")).not_to_contain_text("06:45")
    expect(row(page, "J1")).to_contain_text("saves")
    job.focus()
    page.keyboard.press("Delete")
    expect(row(page, "J1")).to_contain_text("not placed")


def test_the_cheapest_stands_beside_mine_and_is_taken_over(page: Page, priced: Any) -> None:  # noqa: ANN401  # as above
    day = f"{priced.month}-20"
    page.goto(f"{priced.url}/cost/plan?show={day}&lang=en")
    upload(page, *(f"J{n},E1,60,10,{day}T10:00:00+08:00," for n in (1, 2)))
    expect(row(page, "J2")).to_contain_text("its line is held by another job: J1")
    page.get_by_role("button", name="Propose the cheapest").click()
    expect(page.locator(".board .proposed")).to_have_count(2)
    totals = page.locator(".plan-totals")
    expect(totals).to_contain_text("6.00")
    expect(totals).to_contain_text("17.00")
    page.get_by_role("button", name="Take it over").click()
    expect(totals).to_contain_text("no conflict")
    page.reload()
    expect(row(page, "J1")).to_contain_text("3.00")
    _, cells, _ = files_of(page, page.locator("pw-plan pw-exhibit"))
    assert len(cells) == 97
    assert complaints(page) == []


def test_mistakes_of_a_table_are_told_by_job_and_field(page: Page, priced: Any) -> None:  # noqa: ANN401  # as above
    day = f"{priced.month}-20"
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size
    page.goto(f"{priced.url}/cost/plan?show={day}&lang=zh&theme=dark")
    upload(page, f"J1,E9,60,10,{day}T10:00:00+08:00,", "J2,E1,60,-5,,")
    wrong = page.locator("pw-plan [role=alert] tbody tr")
    expect(wrong).to_have_count(2)
    expect(wrong.first).to_contain_text("J1")
    expect(wrong.first).to_contain_text("line")
    expect(wrong.nth(1)).to_contain_text("power_kw")
    assert complaints(page) == []
