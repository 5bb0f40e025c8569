"""The plan board: jobs by form and table, moved, checked, kept, and set against their meters."""

from datetime import datetime
from typing import Any

import httpx
import pytest
from looks import NARROW, complaints, files_of
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """The browser notes a plan that is refused: for its mistakes, or because somebody kept another."""
    refused = "Failed to load resource: the server responded with a status of"
    return (f"{refused} 422", f"{refused} 409")


def upload(page: Page, *rows: str) -> None:
    head = "code,line,duration_min,power_kw,start,deadline"
    text = "\n".join((head, *rows)).encode()
    page.locator("input[type=file]").set_input_files(
        {"name": "jobs.csv", "mimeType": "text/csv", "buffer": text}
    )


def row(page: Page, job: str) -> Locator:
    return page.locator("pw-plan .panel:first-child table.cards tr", has=page.locator("th", has_text=job))


def add(page: Page, code: str, **fields: str) -> None:
    page.get_by_label("Job's code").fill(code)
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " ")).fill(value)
    page.get_by_role("button", name="Add job").click()


def test_a_job_is_moved_by_keys_and_pointer_and_checked_each_time(page: Page, priced: Any) -> None:
    page.goto(f"{priced.url}/cost/plan?show={priced.month}-20&lang=en")
    expect(page.locator("pw-plan")).to_contain_text("No job yet.")
    expect(page.locator("pw-board svg .band-back").first).to_be_visible()
    assert complaints(page) == []
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


def test_a_drag_is_let_go_undone_and_ends_at_the_edge(page: Page, priced: Any) -> None:
    day = f"{priced.month}-20"
    page.goto(f"{priced.url}/cost/plan?show={day}&lang=en")
    upload(page, f"J1,E1,60,10,{day}T10:00:00+08:00,")
    expect(row(page, "J1")).to_contain_text("10:00\u201311:00")
    job = page.locator("[data-job=J1]")
    box = job.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    for let_go in (True, False):
        page.mouse.move(box["x"] + 5, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + 5 - 4 * box["width"], middle, steps=8)
        expect(page.locator(".board .when")).to_have_text("06:00\u201307:00")
        if let_go:
            page.keyboard.press("Escape")
        page.mouse.up()
        expect(row(page, "J1")).to_contain_text("10:00\u201311:00" if let_go else "06:00\u201307:00")
    page.keyboard.press("Control+z")
    expect(row(page, "J1")).to_contain_text("10:00\u201311:00")
    job.press("End")
    job.press("ArrowRight")
    expect(row(page, "J1")).to_contain_text("23:00\u201300:00")
    job.press("Delete")
    page.get_by_role("button", name="Place it: J1").click()
    expect(row(page, "J1")).to_contain_text("08:00\u201309:00")
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "J1")).to_contain_text("08:00\u201309:00")
    assert complaints(page) == []


def test_a_finger_moves_a_job_and_not_the_board(browser: Browser, priced: Any) -> None:
    day = f"{priced.month}-20"
    context = browser.new_context(viewport=NARROW, has_touch=True, is_mobile=True)  # type: ignore[arg-type]  # a size
    page = context.new_page()
    page.goto(f"{priced.url}/cost/plan?show={day}&lang=en")
    upload(page, f"J1,E1,60,10,{day}T10:00:00+08:00,")
    expect(row(page, "J1")).to_contain_text("10:00\u201311:00")
    job = page.locator("[data-job=J1]")
    job.scroll_into_view_if_needed()
    box = job.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    scrolled = page.locator(".board").evaluate("board => board.scrollLeft")
    touches = context.new_cdp_session(page)
    for kind, at in (("touchStart", x), *(("touchMove", x + n * box["width"] / 4) for n in range(1, 9))):
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at, "y": y}]})
    touches.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(row(page, "J1")).to_contain_text("12:00\u201313:00")
    assert page.locator(".board").evaluate("board => board.scrollLeft") == scrolled
    context.close()


def test_the_cheapest_stands_beside_mine_and_is_taken_over(page: Page, priced: Any) -> None:
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
    page.locator("[data-job=J1]").press("End")
    expect(page.locator(".board .proposed")).to_have_count(2)
    page.keyboard.press("Control+z")
    page.reload()
    expect(row(page, "J1")).to_contain_text("3.00")
    _, cells, _ = files_of(page, page.locator("pw-plan pw-exhibit"))
    assert len(cells) == 97
    assert complaints(page) == []


def test_mistakes_of_a_table_are_told_by_job_and_field(page: Page, priced: Any) -> None:
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


def keep(page: Page, code: str, who: str) -> Locator:
    """Keeps the board's plan; what is said of it."""
    keeping = page.locator("pw-keeping")
    keeping.get_by_label("Plan's code").fill(code)
    keeping.get_by_label("Who").fill(who)
    keeping.get_by_role("button", name="Keep", exact=True).click()
    return keeping


def kept_job(service: str, code: str) -> Any:
    [job] = httpx.get(f"{service}/api/v1/plans/kept/{code}", timeout=60).json()["plan"]["jobs"]
    return job


def test_a_plan_is_kept_opened_and_kept_again_but_not_over_anothers(page: Page, priced: Any) -> None:
    day, own = f"{priced.month}-21", f"{priced.url}/api/v1/plans/kept/thursday"
    page.goto(f"{priced.url}/cost/plan?show={day}&lang=en")
    upload(page, f"J1,E1,60,10,{day}T10:00:00+08:00,")
    expect(row(page, "J1")).to_be_visible()
    expect(keep(page, "thursday", "li.na").get_by_role("status")).to_contain_text("version 1 of thursday")
    page.get_by_role("button", name="Clear").click()
    page.goto(f"{priced.url}/cost/plan?lang=en")
    listed = page.locator("pw-kept-plans tr", has=page.locator("th", has_text="thursday"))
    expect(listed).to_contain_text("li.na")
    listed.get_by_role("button", name="Open").click()
    expect(row(page, "J1")).to_contain_text("10:00\u201311:00")
    page.locator("[data-job=J1]").press("ArrowLeft")
    expect(keep(page, "thursday", "li.na").get_by_role("status")).to_contain_text("version 2 of thursday")
    assert datetime.fromisoformat(kept_job(priced.url, "thursday")["start"]).minute == 45
    theirs = httpx.get(own, timeout=60).json()["plan"] | {"name": "theirs"}
    assert (
        httpx.put(own, json={"plan": theirs, "who": "wang.wei", "replaces": 2}, timeout=60).status_code == 200
    )
    page.locator("[data-job=J1]").press("Shift+ArrowLeft")
    conflict = keep(page, "thursday", "li.na")
    expect(conflict.get_by_role("alert")).to_contain_text("version 3 of thursday, which wang.wei kept")
    assert complaints(page) == []
    conflict.get_by_label("Another code").fill("mine")
    conflict.get_by_role("button", name="Keep mine under it").click()
    expect(conflict.get_by_role("status")).to_contain_text("version 1 of mine")
    assert httpx.get(own, timeout=60).json()["version"] == 3
    keep(page, "thursday", "li.na").get_by_role("button", name="Open version 3").click()
    expect(row(page, "J1")).to_contain_text("09:45\u201310:45")
    expect(conflict).to_contain_text("Made from version 3 of thursday.")


def test_a_kept_plan_is_withdrawn_with_who_and_why(page: Page, priced: Any) -> None:
    day, own = f"{priced.month}-22", f"{priced.url}/api/v1/plans/kept/gone"
    job = {"code": "J1", "line": "E1", "power_kw": 50, "duration_min": 120}
    body = {"from": day, "to": f"{priced.month}-23", "jobs": [job]}
    assert httpx.put(own, json={"plan": body, "who": "li.na"}, timeout=60).status_code == 200
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a size
    page.goto(f"{priced.url}/cost/plan?lang=zh&theme=dark")
    expect(page.locator(".file-field")).to_contain_text("选择文件")
    page.get_by_role("button", name="撤回: gone").click()
    panel = page.locator("pw-kept-plans")
    panel.get_by_label("填报人").fill("wang.wei")
    panel.get_by_label("原因").fill("order cancelled")
    assert complaints(page) == []
    panel.get_by_role("button", name="撤回", exact=True).click()
    expect(panel.get_by_role("status").last).to_contain_text("gone 已撤回")
    expect(panel.locator("th", has_text="gone")).to_have_count(0)
    gone = httpx.get(own, timeout=60).json()
    assert (gone["kept_by"], gone["withdrawn_because"]) == ("wang.wei", "order cancelled")


def test_a_plan_that_was_withdrawn_meanwhile_is_kept_again(page: Page, priced: Any) -> None:
    day, own = f"{priced.month}-23", f"{priced.url}/api/v1/plans/kept/back"
    page.goto(f"{priced.url}/cost/plan?show={day}&lang=en")
    upload(page, f"J1,E1,60,10,{day}T10:00:00+08:00,")
    expect(row(page, "J1")).to_be_visible()
    keeping = keep(page, "back", "li.na")
    expect(keeping).to_contain_text("Made from version 1 of back.")
    why = {"who": "wang.wei", "reason": "order cancelled"}
    assert httpx.post(f"{own}/withdrawal", json=why, timeout=60).status_code == 200
    page.locator("[data-job=J1]").press("ArrowLeft")
    keep(page, "back", "li.na")
    expect(keeping.get_by_role("alert")).to_contain_text("wang.wei withdrew back meanwhile (order cancelled)")
    keeping.get_by_role("button", name="Keep mine as back again").click()
    expect(keeping.get_by_role("status")).to_contain_text("version 3 of back")
    assert httpx.get(own, timeout=60).json()["kept_by"] == "li.na"


def test_a_plan_that_has_run_stands_beside_its_meters(page: Page, priced: Any) -> None:
    day = f"{priced.month}-09"
    job = {"code": "J1", "line": "E1", "power_kw": 50, "duration_min": 120, "start": f"{day}T10:00:00+08:00"}
    body = {"plan": {"from": day, "to": f"{priced.month}-10", "jobs": [job]}, "who": "li.na"}
    assert httpx.put(f"{priced.url}/api/v1/plans/kept/ran", json=body, timeout=60).status_code == 200
    page.goto(f"{priced.url}/cost/plan?lang=en")
    page.get_by_role("button", name="Against meters: ran").click()
    metered = page.locator("pw-metered")
    told = ["J1", "E1", f"{day} 10:00", "100.0", "120.0", "20.0", "100"]
    expect(metered.locator("tbody tr").first.locator("th, td")).to_have_text(told)
    sheet, cells, _ = files_of(page, metered.locator("pw-exhibit"))
    assert [row[3:] for row in sheet[1:]] == [["100", "120", "20", "100"]]
    assert [row[3:] for row in cells[1:]] == [[100, 120, 20, 100]]
    assert complaints(page) == []
