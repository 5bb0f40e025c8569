"""A meter, or a field of one, is posted before anybody has declared it: declared while the service runs."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
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
    assert httpx.post(f"{service.url}/api/v1/readings?source=scada", json=rows, timeout=60).status_code == 422

    def get(path: str, **query: str) -> Any:
        answer = httpx.get(f"{service.url}/api/v1/{path}", params=query, timeout=30)
        return answer.json() if answer.status_code == 200 else None

    strangers = [each["name"] for each in get("sources/scada")["strangers"]]
    assert strangers == ["P-2"]
    site = Path(service.variables["PARKWATT_CONFIG_DIR"]) / "sites/plant.yaml"
    site.write_text(SITE + LATE, "utf-8")
    query = {"meter": "P-2", "from": "2023-06-01", "to": "2023-06-02", "step": "raw"}
    until(lambda: (get("readings", **query) or {"times": []})["times"] == TIMES)
    until(
        lambda: (
            get("strays")
            == {"strays": [], "names": [], "unmapped": [], "adopted": 2, "dropped": 0, "next": None}
        )
    )
    assert get("sources/scada")["strangers"] == []
    assert "parkwatt_strays_adopted_total 2.0" in httpx.get(f"{service.url}/metrics", timeout=60).text


RULES = "fields: [{measurement: em, field: total_wh, quantity: energy_import, unit: Wh}]\n"
FIELD = "code: scada, fields: [{field: U, quantity: voltage, unit: V, scale: 100}]}"


def test_what_came_in_a_field_before_it_was_mapped_is_in_the_readings(serve: Callable[..., Any]) -> None:
    service = serve(SITE)
    late = [{"meter": "P-1", "time": at, "values": {"U": 2.5}} for at in TIMES]
    assert httpx.post(f"{service.url}/api/v1/readings?source=scada", json=late, timeout=60).status_code == 422
    lines = "em,meter=P-1 total_wh=5000 1685577600\nem,meter=P-1 total_wh=6000 1685578500"
    answer = httpx.post(f"{service.url}/api/v2/write", params={"precision": "s"}, content=lines, timeout=60)
    assert (answer.status_code, "neither mapped nor in the catalogue" in answer.text) == (400, True)

    def get(path: str, **query: str) -> Any:
        return httpx.get(f"{service.url}/api/v1/{path}", params=query, timeout=30).json()

    assert {each["name"] for each in get("strays")["names"]} == {"total_wh", "U"}
    folder = Path(service.variables["PARKWATT_CONFIG_DIR"])
    folder.joinpath("influx.yaml").write_text(RULES, "utf-8")
    folder.joinpath("sites/plant.yaml").write_text(SITE.replace("code: scada}", FIELD), "utf-8")
    until(
        lambda: (
            get("strays")
            == {"strays": [], "names": [], "unmapped": [], "adopted": 4, "dropped": 0, "next": None}
        )
    )
    shown = get("readings", meter="P-1", **{"from": "2023-06-01", "to": "2023-06-02", "step": "raw"})
    assert (shown["times"], shown["quantities"]["energy_import"]["values"]) == (TIMES, [5.0, 6.0])
    assert shown["quantities"]["voltage"]["values"] == [250.0, 250.0]


TEMPLATE = """
code: box
name: {en: Box, zh: 盒}
protocol: mqtt
source: a test
records: {path: all, name: id}
time: {path: t, form: rfc3339}
values:
  - {path: p, quantity: active_power, unit: W}
"""
MENTIONED = '  - {path: "c[n=e].v", quantity: energy_import, unit: Wh, text: true, missing: [0]}\n'
BROKER = """
code: plant
name: {{en: Works, zh: 工厂}}
zone: Asia/Shanghai
region: CN-GD
areas: [{{code: plant, kind: park, name: {{en: Works, zh: 工厂}}}}]
sources: [{{kind: mqtt, code: {root}, url: "{url}", topic: "{root}/{{meter}}", unmapped: {{every_s: 0}}}}]
meters:
  - {{code: P-1, name: {{en: One, zh: 一}}, area: plant, source: {root}, device: box, address: gw/1}}
  - {{code: P-2, name: {{en: Two, zh: 二}}, area: plant, source: {root}, device: box, address: gw/2}}
"""


async def _publish(url: str, topic: str, *documents: object) -> None:
    parts = urlsplit(url)
    async with aiomqtt.Client(parts.hostname or "", parts.port or 1883) as client:
        for document in documents:
            await client.publish(topic, json.dumps(document), qos=1)


@pytest.mark.broker
def test_what_a_gateway_sent_before_its_template_mentioned_it_is_in_the_readings(
    serve: Callable[..., Any], broker_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = f"test-{secrets.token_hex(6)}"
    folder = tmp_path_factory.mktemp("config")
    (folder / "sites").mkdir()
    (folder / "devices").mkdir()
    (folder / "sites/plant.yaml").write_text(BROKER.format(root=root, url=broker_url), "utf-8")
    template = folder / "devices/box.yaml"
    template.write_text(TEMPLATE.replace("path: p,", 'path: "c[n=p].v",'), "utf-8")
    service = serve("", PARKWATT_CONFIG_DIR=str(folder))
    times = ["2023-06-01T08:00:00+08:00", "2023-06-01T08:15:00+08:00", "2023-06-01T08:30:00+08:00"]
    shown = [("1000", "5"), ("2000", "6"), ("0", "7")]
    messages = [
        {
            "t": at,
            "all": [
                {"id": n, "c": [{"n": "p", "v": 9}, {"n": "e", "v": v}]}
                for n, v in zip((1, 2), each, strict=True)
            ],
        }
        for at, each in zip(times, shown, strict=True)
    ]

    def get(path: str, **query: str) -> Any:
        return httpx.get(f"{service.url}/api/v1/{path}", params=query, timeout=30).json()

    until(lambda: get(f"sources/{root}")["last_success"] is not None)
    asyncio.run(_publish(broker_url, f"{root}/gw", *messages))
    kept = {("P-1", "c[n=e].v", 3), ("P-2", "c[n=e].v", 3)}
    until(lambda: {(each["meter"], each["name"], each["rows"]) for each in get("strays")["unmapped"]} == kept)
    template.write_text(template.read_text("utf-8") + MENTIONED, "utf-8")
    until(lambda: get("strays")["unmapped"] == [])
    period = {"from": "2023-06-01", "to": "2023-06-02", "step": "raw"}
    found = [get("readings", meter=meter, **period) for meter in ("P-1", "P-2")]
    assert [each["times"] for each in found] == [times, times]
    assert [each["quantities"]["energy_import"]["values"] for each in found] == [
        [1.0, 2.0, None],
        [0.005, 0.006, 0.007],
    ]


@pytest.mark.broker
def test_what_came_from_an_address_before_its_meter_was_declared_is_in_the_readings(
    serve: Callable[..., Any], broker_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = f"test-{secrets.token_hex(6)}"
    folder = tmp_path_factory.mktemp("config")
    (folder / "sites").mkdir()
    (folder / "devices").mkdir()
    site = folder / "sites/plant.yaml"
    whole = BROKER.format(root=root, url=broker_url)
    site.write_text("\n".join(line for line in whole.splitlines() if "gw/2" not in line), "utf-8")
    (folder / "devices/box.yaml").write_text(TEMPLATE, "utf-8")
    service = serve("", PARKWATT_CONFIG_DIR=str(folder))
    messages = [{"t": at, "all": [{"id": n, "p": 1000 * n} for n in (1, 2)]} for at in TIMES]

    def get(path: str, **query: str) -> Any:
        return httpx.get(f"{service.url}/api/v1/{path}", params=query, timeout=30).json()

    until(lambda: get(f"sources/{root}")["last_success"] is not None)
    asyncio.run(_publish(broker_url, f"{root}/gw", *messages))
    until(
        lambda: (
            ("@gw/2", "p", 2)
            in {(each["meter"], each["name"], each["rows"]) for each in get("strays")["unmapped"]}
        )
    )
    assert [each["name"] for each in get(f"sources/{root}")["strangers"]] == [f"{root}/gw/2"]
    site.write_text(whole, "utf-8")
    query = {"meter": "P-2", "from": "2023-06-01", "to": "2023-06-02", "step": "raw"}
    until(lambda: (get("readings", **query) or {}).get("times") == TIMES)
    assert get("readings", **query)["quantities"]["active_power"]["values"] == [2.0, 2.0]
