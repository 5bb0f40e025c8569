"""Takes the pictures of the page from a running park: `make pictures`, while `make run` runs elsewhere."""  # noqa: INP001  # a script

import json
import os
import shutil
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parent / "images"
PICTURES = {
    "live.png": ("/live?lang=en&theme=light", "pw-load canvas"),
    "live-zh-dark.png": ("/live?lang=zh&theme=dark", "pw-load canvas"),
    "wall.png": ("/live?wall=1&lang=en&theme=dark", "pw-load canvas"),
    "energy.png": ("/energy/profile?days=7&lang=en&theme=light", "pw-chart[data-drawn]"),
    "flow.png": ("/energy/flow?lang=en&theme=light", "pw-chart[data-drawn]"),
    "balance-zh-dark.png": ("/energy/balance?lang=zh&theme=dark", "pw-balance .balance-line"),
    "carbon-zh-dark.png": ("/carbon?lang=zh&theme=dark", "pw-chart[data-drawn]"),
    "inventory.png": ("/carbon/inventory?lang=en&theme=light", "pw-chart[data-drawn]"),
    "bill.png": ("/cost?lang=en&theme=light", "pw-chart[data-drawn]"),
    "demand-zh-dark.png": ("/cost/demand?lang=zh&theme=dark", "pw-chart[data-drawn]"),
    "plan.png": ("/cost/plan?lang=en&theme=light", "[data-job]"),
    "shifts-zh-dark.png": ("/cost/shifts?lang=zh&theme=dark", "pw-shifts"),
    "alerts.png": ("/alerts?lang=en&theme=light", "pw-alert-list"),
    "meter.png": ("/meters/A-M02?lang=en&theme=light", "pw-meter-curve canvas"),
    "collectors.png": ("/collectors?lang=en&theme=light", "pw-collectors tr"),
    "tariffs-zh-dark.png": ("/settings/tariffs?lang=zh&theme=dark", "pw-tariffs [data-tariff]"),
    "add-meter.png": ("/meters?add=1&lang=en&theme=light", "form"),
}
"""Name -> address, and what has to stand on the page before it is taken."""
JOBS = (
    ("Mould-17", "A", "09:00", 120, 400),
    ("Anneal-4", "A", "14:00", 180, 250),
    ("Boards-48", "B", "17:30", 90, 60),
    ("Corrugate-9", "C", "10:15", 240, 800),
)
"""The plan on the board: code, line, begin, minutes, kW."""
WIDTH, HEIGHT = 1440, 900
LARGEST = 300_000
SETTLED_MS = 3000


def main() -> None:
    """Raises SystemExit when there is no browser, no park, or a picture is larger than it may be."""
    url = os.environ.get("PARKWATT_URL", "http://127.0.0.1:8000")
    path = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if path is None:
        raise SystemExit("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        sizes = {
            name: take(browser, url + address, IMAGES / name, awaited)
            for name, (address, awaited) in PICTURES.items()
        }
        browser.close()
    sys.stdout.writelines(f"{IMAGES / name}: {size} bytes\n" for name, size in sizes.items())
    if large := [name for name, size in sizes.items() if size > LARGEST]:
        raise SystemExit(f"larger than {LARGEST} bytes: {', '.join(large)}")


def take(browser: Browser, address: str, target: Path, awaited: str) -> int:
    """Size of the picture of a page that is filled and quiet."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
    page.add_init_script(f"localStorage.setItem('parkwatt.plan', {json.dumps(plan())!r})")
    page.goto(address)
    page.wait_for_selector(awaited)
    page.wait_for_timeout(SETTLED_MS)
    target.parent.mkdir(exist_ok=True)
    page.screenshot(path=target)
    page.close()
    return target.stat().st_size


def plan() -> list[dict[str, object]]:
    """Jobs of the next day on the demo park's clock."""
    zone = ZoneInfo("Asia/Shanghai")
    day = datetime.now(zone).date() + timedelta(days=1)
    return [
        {
            "code": code,
            "line": line,
            "start": datetime.combine(day, time.fromisoformat(begin), zone).isoformat(),
            "duration_min": minutes,
            "power_kw": kw,
        }
        for code, line, begin, minutes, kw in JOBS
    ]


if __name__ == "__main__":
    main()
