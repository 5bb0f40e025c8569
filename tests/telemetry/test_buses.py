"""The sites of docs/buses.md are taken as they stand there."""

import re
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from ingest.collectors.bacnet.present import Present
from ingest.collectors.bacnet.template import BacnetDevice
from ingest.kinds import read_template
from telemetry.cli import app
from telemetry.settings.plan import load_plan

_DOCUMENT = Path(__file__).parents[2] / "docs" / "buses.md"
_SITE = {
    "code": "plant",
    "name": {"en": "Plant", "zh": "工厂"},
    "zone": "Asia/Shanghai",
    "region": "CN-GD",
    "areas": [{"code": "park", "kind": "park", "name": {"en": "Plant", "zh": "工厂"}}],
}


def _blocks(key: str) -> list[dict[str, Any]]:
    text = _DOCUMENT.read_text(encoding="utf-8")
    blocks = map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", text, re.DOTALL))
    return [block for block in blocks if key in block]


@pytest.mark.parametrize("block", _blocks("sources"), ids=lambda block: block["sources"][0]["kind"])
def test_the_example_is_a_site(block: dict[str, Any], tmp_path: Path) -> None:
    meters = [{"name": {"en": one["code"], "zh": "表"}, "area": "park", **one} for one in block["meters"]]
    (tmp_path / "sites").mkdir()
    (tmp_path / "devices").mkdir()
    for device in _blocks("protocol"):
        (tmp_path / "devices" / f"{device['code']}.yaml").write_text(yaml.safe_dump(device), encoding="utf-8")
    site = {**_SITE, "sources": block["sources"], "meters": meters}
    (tmp_path / "sites" / "plant.yaml").write_text(yaml.safe_dump(site), encoding="utf-8")
    plan = load_plan(tmp_path)
    assert plan.site
    assert {meter.source for meter in plan.site.meters} == {source.code for source in plan.site.sources}


def test_the_example_of_a_bacnet_template_means_what_it_says() -> None:
    [document] = [block for block in _blocks("protocol") if block["protocol"] == "bacnet"]
    template = read_template(document)
    assert isinstance(template, BacnetDevice)
    for example in template.examples:
        shown = {
            declared.quantity: Present(declared).number(example.objects[declared.object])
            for declared in template.objects
        }
        assert shown == pytest.approx(example.values, rel=1e-12)


def test_a_meter_of_such_a_line_is_read_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = bytes.fromhex("68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16")
    with socket.create_server(("127.0.0.1", 0)) as gateway:
        threading.Thread(target=_answer, args=(gateway, answer), daemon=True).start()
        source = {"kind": "dlt645", "code": "line", "host": "127.0.0.1", "port": gateway.getsockname()[1]}
        item = {
            "identifier": "00010000",
            "length": 4,
            "quantity": "energy_import",
            "unit": "kWh",
            "scale": 0.01,
        }
        name = {"en": "M", "zh": "表"}
        device = {"code": "d", "name": name, "source": "s", "protocol": "dlt645", "items": [item]}
        meter = {"code": "incomer", "name": name, "area": "park", "source": "line", "device": "d"}
        documents = {
            "sites/plant.yaml": {
                **_SITE,
                "sources": [source],
                "meters": [{**meter, "address": "000000000161", "multiplier": 80}],
            },
            "devices/d.yaml": device,
        }
        for path, document in documents.items():
            (tmp_path / path).parent.mkdir()
            (tmp_path / path).write_text(yaml.safe_dump(document), encoding="utf-8")
        monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(tmp_path))
        result = CliRunner().invoke(app, ["read", "incomer"], catch_exceptions=False)
    assert result.stdout.splitlines()[1].split() == [
        "energy_import", "0.26", "20.8", "kWh", "00010000", "26", "00", "00", "00"
    ]  # fmt: skip


def _answer(gateway: socket.socket, answer: bytes) -> None:
    connection, _ = gateway.accept()
    with connection:
        connection.recv(300)
        connection.sendall(answer)
        connection.recv(300)
