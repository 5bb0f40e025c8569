"""A meter posts before anybody has declared it, and is declared while the service runs."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.database
SITE = """
code: plant
name: {en: Works, zh: 工厂}
zone: Asia/Shanghai
region: CN-GD
areas: [{code: plant, kind: park, name: {en: Works, zh: 工厂}}]
sources: [{kind: push, code: scada}]
meters:
  - {code: P-1, name: {en: One, zh: 一}, area: plant, source: scada}
"""
LATE = "  - {code: P-2, name: {en: Late, zh: 后来}, area: plant, source: scada}\n"
TIMES = ["2023-06-01T08:00:00+08:00", "2023-06-01T08:15:00+08:00"]


def until(what: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "this did not come about in time"
        time.sleep(0.1)


def test_what_it_sent_before_is_in_its_readings(serve: Callable[..., Any]) -> None:
    service = serve(SITE)
    rows = [{"meter": "P-2", "time": at, "values": {"energy_import": n}} for n, at in enumerate(TIMES)]
    assert httpx.post(f"{service.url}/api/v1/readings?source=scada", json=rows).status_code == 422

    def get(path: str, **query: str) -> Any:  # noqa: ANN401  # JSON
        answer = httpx.get(f"{service.url}/api/v1/{path}", params=query, timeout=30)
        return answer.json() if answer.status_code == 200 else None

    strangers = [each["name"] for each in get("sources/scada")["strangers"]]
    assert strangers == ["P-2"]
    site = Path(service.variables["PARKWATT_CONFIG_DIR"]) / "sites/plant.yaml"
    site.write_text(SITE + LATE, "utf-8")
    query = {"meter": "P-2", "from": "2023-06-01", "to": "2023-06-02", "step": "raw"}
    until(lambda: (get("readings", **query) or {"times": []})["times"] == TIMES)
    until(lambda: get("strays") == {"strays": [], "adopted": 2, "dropped": 0})
    assert get("sources/scada")["strangers"] == []
    assert "parkwatt_strays_adopted_total 2.0" in httpx.get(f"{service.url}/metrics").text
