"""What a browser fetches before the first page shows: little enough, and no charts of an analysis."""

import gzip
import re
from collections.abc import Iterator

import pytest

from telemetry.web.assets import DIST

MOST = 120_000
AT_ONCE = 6
"""Requests that a browser has under way with one host; a further one waits for its turn."""
ANSWERS = ("live", "meters", "site", "session")
_LINKED = re.compile(r'(?:src|href)="/(assets/[^"]+)"')
_IMPORTED = re.compile(r'(?:\bfrom|\bimport)\s*"\./([^"]+)"')


@pytest.fixture(scope="module")
def first_load() -> dict[str, bytes]:
    """Path -> content of the built page, what it links and what that imports before it runs."""
    if not (DIST / "index.html").is_file():
        pytest.fail("the page has not been built: make setup")
    return dict(_loaded("index.html", set()))


def _loaded(path: str, seen: set[str]) -> Iterator[tuple[str, bytes]]:
    if path in seen:
        return
    seen.add(path)
    content = (DIST / path).read_bytes()
    yield path, content
    text = content.decode()
    for further in [*_LINKED.findall(text), *(f"assets/{name}" for name in _IMPORTED.findall(text))]:
        yield from _loaded(further, seen)


def test_the_first_load_stays_within_its_budget(first_load: dict[str, bytes]) -> None:
    packed = {path: len(gzip.compress(content)) for path, content in first_load.items()}
    assert {".html", ".js", ".css"} <= {path[path.rindex(".") :] for path in packed}
    assert sum(packed.values()) < MOST, packed


def test_all_that_the_first_figure_needs_is_asked_for_at_once(first_load: dict[str, bytes]) -> None:
    files = [path for path in first_load if path.endswith((".js", ".css"))]
    assert len(files) + len(ANSWERS) <= AT_ONCE, files


def test_charts_of_an_analysis_come_with_the_first_of_them(first_load: dict[str, bytes]) -> None:
    drawing = {path.name for path in (DIST / "assets").glob("*.js") if b"[ECharts]" in path.read_bytes()}
    assert drawing
    assert drawing.isdisjoint(path.removeprefix("assets/") for path in first_load)
