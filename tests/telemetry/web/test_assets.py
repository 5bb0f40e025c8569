"""What a browser gets when it asks for the page."""

import asyncio
import re
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from telemetry.web import mount
from telemetry.web.assets import FURTHER, HEADERS, PAGES, UNBUILT

ROUTES = Path(__file__).parents[3] / "web/src/route.ts"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>ParkWatt</title>")
    (tmp_path / "assets/index-4f1c.js").write_text("export {};")
    return tmp_path


def get(dist: Path, path: str) -> Response:
    app = Starlette()
    mount(app, dist)

    async def ask() -> Response:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["/", "/live", "/meters", "/meters/E1.T1", "/carbon?lang=zh"])
def test_the_page_answers_at_root_and_deep_links(dist: Path, path: str) -> None:
    response = get(dist, path)
    assert (response.status_code, "ParkWatt" in response.text) == (200, True)
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/elsewhere", "/assets/missing.js", "/assets/%2e%2e/index.html"]
)
def test_other_paths_are_not_the_page(dist: Path, path: str) -> None:
    assert get(dist, path).status_code == 404


def test_hashed_files_are_kept_by_the_browser(dist: Path) -> None:
    response = get(dist, "/assets/index-4f1c.js")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"].startswith("text/javascript")


def test_code_travels_compressed(dist: Path) -> None:
    (dist / "assets/index-4f1c.js").write_text("export const words = [];\n" * 400)
    response = get(dist, "/assets/index-4f1c.js")
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.num_bytes_downloaded < 500


@pytest.mark.parametrize("path", ["/", "/assets/index-4f1c.js"])
def test_answers_carry_the_security_headers(dist: Path, path: str) -> None:
    headers = get(dist, path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/live"])
def test_an_unbuilt_page_says_how_to_build_it(tmp_path: Path, path: str) -> None:
    response = get(tmp_path / "absent", path)
    assert (response.status_code, response.text) == (503, UNBUILT)
    assert UNBUILT.count("\n") == 1


def test_the_server_knows_the_pages_that_the_front_end_has() -> None:
    assert _declared("PAGES") == PAGES
    assert (*_declared("FURTHER"), "enter") == FURTHER


def _declared(name: str) -> tuple[str, ...]:
    declared = re.search(rf"{name} = \[(.*?)\]", ROUTES.read_text())
    assert declared is not None
    return tuple(re.findall(r'"(\w+)"', declared.group(1)))
