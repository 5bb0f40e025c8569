from pathlib import Path

import pytest
import yaml

from telemetry.settings.mistakes import ConfigError
from telemetry.settings.plan import load_plan

SITE = {
    "code": "plant",
    "name": {"en": "Plant", "zh": "工厂"},
    "zone": "Asia/Shanghai",
    "region": "CN-GD",
    "areas": [{"code": "park", "kind": "park", "name": {"en": "Plant", "zh": "工厂"}}],
    "sources": [{"kind": "push", "code": "scada"}],
    "meters": [{"code": "incomer", "name": {"en": "I", "zh": "进"}, "area": "park", "source": "scada"}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "plant.yaml").write_text(yaml.safe_dump(SITE), encoding="utf-8")
    return tmp_path


def test_the_mapping_stands_beside_the_site(folder: Path) -> None:
    assert load_plan(folder).influx.meters == ()
    (folder / "influx.yaml").write_text(
        "meters: [{measurement: modbus, meter: incomer}]\n"
        "fields: [{field: wh, quantity: energy_import, unit: Wh}]\n"
    )
    mapping = load_plan(folder).influx
    assert mapping.meters[0].meter == "incomer"
    assert mapping.fields[0].quantity == "energy_import"


def test_the_mapping_in_the_documents_is_one(folder: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "integrations.md").read_text(encoding="utf-8")
    (folder / "influx.yaml").write_text(
        text.partition("`influx.yaml`")[2].partition("```yaml\n")[2].partition("```")[0]
    )
    mapping = load_plan(folder).influx
    assert (len(mapping.meters), len(mapping.fields), len(mapping.ignored)) == (2, 2, 2)


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("meters: [{meter: incomr}]", "meters[0].meter", "did you mean 'incomer'"),
        ("meters: [{tags: {id: 3}, meter: incomer}]", "meters[0].tags.id", "valid string (got 3)"),
        ("fields: [{field: p, quantity: active_power, unit: V}]", "fields[0]", "cannot be converted"),
        ("fieldz: []", "fieldz", "not permitted"),
    ],
)
def test_every_mistake_names_file_key_and_reason(folder: Path, text: str, key: str, reason: str) -> None:
    (folder / "influx.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_plan(folder)
    [mistake] = caught.value.mistakes
    assert (Path(mistake.file).name, mistake.key) == ("influx.yaml", key)
    assert reason in mistake.reason
