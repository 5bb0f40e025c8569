"""What every page is held to: axe-core finds nothing serious, nothing sticks out, files say what is shown."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
from playwright.sync_api import Download, Locator, Page

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
_PNG = b"\x89PNG\r\n\x1a\n"


def complaints(page: Page) -> list[str]:
    """Serious findings of axe-core, and what is wider than the page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run(document).then(found => found.violations)")
    told = [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
    if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
        told.append("wider than the page")
    return told


def table_of(exhibit: Locator) -> list[list[str]]:
    """The rows of the table beside a chart, opened if it is not."""
    if not exhibit.locator("details[open]").count():
        exhibit.locator("summary").click()
    rows = exhibit.locator("tr")
    rows.first.wait_for()
    told: list[list[str]] = rows.evaluate_all(
        "rows => rows.map(r => [...r.cells].map(c => c.innerText.trim()))"
    )
    return told


def files_of(page: Page, exhibit: Locator) -> tuple[list[list[str]], list[list[object]], bytes]:
    """CSV, workbook and picture as they are downloaded."""
    sheet, book, picture = (_saved(page, exhibit, kind) for kind in ("CSV", "XLSX", "PNG"))
    rows = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"))))
    cells = [[*row] for row in openpyxl.load_workbook(io.BytesIO(book)).worksheets[0].values]
    assert picture.startswith(_PNG)
    return rows, cells, picture


def _saved(page: Page, exhibit: Locator, kind: str) -> bytes:
    with page.expect_download() as waited:
        exhibit.locator(".files button", has_text=kind).click()
    saved: Download = waited.value
    assert saved.suggested_filename.endswith(f".{kind.lower()}")
    return Path(saved.path()).read_bytes()
