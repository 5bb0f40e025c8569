"""The sites of docs/buses.md are taken as they stand there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.collectors.bacnet.present import Present
from ingest.collectors.bacnet.template import BacnetDevice
from ingest.kinds import read_template
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
    [document] = _blocks("protocol")
    template = read_template(document)
    assert isinstance(template, BacnetDevice)
    for example in template.examples:
        shown = {
            declared.quantity: Present(declared).number(example.objects[declared.object])
            for declared in template.objects
        }
        assert shown == pytest.approx(example.values, rel=1e-12)
