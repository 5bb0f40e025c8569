"""A meter, or a field of one, is posted before anybody has declared it: declared while the service runs."""

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
    until(lambda: get("strays") == {"strays": [], "names": [], "unmapped": [], "adopted": 2, "dropped": 0})
    assert get("sources/scada")["strangers"] == []
    assert "parkwatt_strays_adopted_total 2.0" in httpx.get(f"{service.url}/metrics").text


RULES = "fields: [{measurement: em, field: total_wh, quantity: energy_import, unit: Wh}]\n"
FIELD = "code: scada, fields: [{field: U, quantity: voltage, unit: V, scale: 100}]}"


def test_what_came_in_a_field_before_it_was_mapped_is_in_the_readings(serve: Callable[..., Any]) -> None:
    service = serve(SITE)
    late = [{"meter": "P-1", "time": at, "values": {"U": 2.5}} for at in TIMES]
    assert httpx.post(f"{service.url}/api/v1/readings?source=scada", json=late).status_code == 422
    lines = "em,meter=P-1 total_wh=5000 1685577600\nem,meter=P-1 total_wh=6000 1685578500"
    answer = httpx.post(f"{service.url}/api/v2/write", params={"precision": "s"}, content=lines)
    assert (answer.status_code, "neither mapped nor in the catalogue" in answer.text) == (400, True)

    def get(path: str, **query: str) -> Any:  # noqa: ANN401  # JSON
        return httpx.get(f"{service.url}/api/v1/{path}", params=query, timeout=30).json()

    assert {each["name"] for each in get("strays")["names"]} == {"total_wh", "U"}
    folder = Path(service.variables["PARKWATT_CONFIG_DIR"])
    folder.joinpath("influx.yaml").write_text(RULES, "utf-8")
    folder.joinpath("sites/plant.yaml").write_text(SITE.replace("code: scada}", FIELD), "utf-8")
    until(lambda: get("strays") == {"strays": [], "names": [], "unmapped": [], "adopted": 4, "dropped": 0})
    shown = get("readings", meter="P-1", **{"from": "2023-06-01", "to": "2023-06-02", "step": "raw"})
    assert (shown["times"], shown["quantities"]["energy_import"]["values"]) == (TIMES, [5.0, 6.0])
    assert shown["quantities"]["voltage"]["values"] == [250.0, 250.0]
