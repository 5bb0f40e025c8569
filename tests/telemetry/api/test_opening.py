"""What the page asks first is told with the page, and what goes over the line is packed."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from telemetry.access.keyring import Keyring
from telemetry.api import packing
from telemetry.api.access import Access
from telemetry.api.dependencies import Settings
from telemetry.api.guard import served
from telemetry.api.opening import opening
from telemetry.model import Site
from telemetry.settings.token import digest
from telemetry.web import mount

pytestmark = pytest.mark.database
PARK, SESSION, LIVE = ["/api/v1/meters", "/api/v1/site"], "/api/v1/session", "/api/v1/live"
SITE = Site.model_validate(
    {
        "code": "p",
        "name": {"en": "Park", "zh": "园区"},
        "zone": "Asia/Shanghai",
        "region": "CN-GD",
        "areas": [{"code": "p", "kind": "park", "name": {"en": "Park", "zh": "园区"}}],
        "sources": [{"kind": "push", "code": "s"}],
        "meters": [
            {"code": f"m{n}", "name": {"en": f"Meter {n}", "zh": f"表 {n}"}, "area": "p", "source": "s"}
            for n in range(20)
        ],
    }
)


def page(service: Any, folder: Path, **headers: str) -> list[str]:
    (folder / "index.html").write_text("<!doctype html><head><title>ParkWatt</title></head>", "utf-8")
    mount(service.app, folder, opening=opening(service.dependencies))
    answer = service.call("GET", "/live?lang=zh", headers=headers)
    assert answer.text.index("<title>") < answer.text.index("<link")
    return re.findall(r'<link rel="preload" as="fetch" crossorigin href="([^"]+)">', answer.text)


def test_what_the_page_asks_first_stands_in_the_page_and_is_answered(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    service = start(SITE)
    assert page(service, tmp_path) == [*PARK, SESSION]
    service.tick()
    early = page(service, tmp_path)
    assert early == [LIVE, *PARK, SESSION]
    assert {service.call("GET", path).status_code for path in early} == {200}


def test_without_a_park_only_the_door_is_asked(start: Callable[..., Any], tmp_path: Path) -> None:
    assert page(start(None), tmp_path) == [SESSION]


def test_who_is_not_let_in_is_told_nothing_that_would_be_refused(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    service = start(SITE)
    access = Access(Keyring(digest("a-secret")), asked=True)
    object.__setattr__(service.dependencies, "settings", Settings(served("localhost"), access=access))
    assert page(service, tmp_path) == [SESSION]
    assert page(service, tmp_path, Authorization="Bearer a-secret") == [*PARK, SESSION]


def test_long_answers_are_packed_for_whoever_unpacks_them(start: Callable[..., Any]) -> None:
    service = start(SITE)
    service.tick()
    for path in (PARK[0], LIVE):
        plain = service.call("GET", path, headers={"Accept-Encoding": "identity"})
        small = service.call("GET", path, headers={"Accept-Encoding": "br, gzip"})
        assert "content-encoding" not in plain.headers
        assert small.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in small.headers["vary"]
        assert int(small.headers["content-length"]) == small.num_bytes_downloaded < len(plain.content) / 3
        assert small.json() == plain.json()


def test_a_mark_is_of_one_form_alone(start: Callable[..., Any]) -> None:
    service = start(SITE)
    marks = {form: _mark(service, form) for form in ("identity", "gzip")}
    assert marks["identity"] != marks["gzip"]
    held = {"Accept-Encoding": "gzip", "If-None-Match": marks["gzip"]}
    unchanged = service.call("GET", PARK[0], headers=held)
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def _mark(service: Any, form: str) -> str:
    return str(service.call("GET", PARK[0], headers={"Accept-Encoding": form}).headers["etag"])


@pytest.mark.parametrize(
    ("offer", "size", "packs"),
    [
        ("gzip", 5000, True),
        ("br;q=1.0, GZIP;q=0.5", 5000, True),
        ("gzip", 200, False),
        ("gzip;q=0", 5000, False),
        ("br", 5000, False),
        ("", 5000, False),
    ],
)
def test_only_who_says_so_is_sent_packed_answers(offer: str, size: int, *, packs: bool) -> None:
    assert packing.wanted(httpx.Headers({"accept-encoding": offer}), size) is packs


def test_packed_is_what_gzip_unpacks() -> None:
    body = b'{"power_kw": 1234.5}' * 500
    assert gzip.decompress(packing.packed(body)) == body
