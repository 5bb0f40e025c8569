"""`contacts.yaml`: what is wrong with it is named, and no secret is read or told."""

from pathlib import Path

import pytest

from alerts.contacts import NOBODY
from alerts.kinds import read_rule
from telemetry.model import Site
from telemetry.settings.contacts import load_directory
from telemetry.settings.mistakes import Mistake
from telemetry.settings.plan import load_plan

RULE = read_rule(
    {
        "kind": "limit",
        "code": "high",
        "name": {"en": "h", "zh": "h"},
        "quantity": "active_power",
        "above": "1 kW",
    }
)
SITE = Site.model_validate(
    {
        "code": "plant",
        "name": {"en": "Plant", "zh": "工厂"},
        "zone": "Asia/Shanghai",
        "region": "CN-GD",
        "areas": [{"code": "park", "kind": "park", "name": {"en": "Park", "zh": "园区"}}],
        "sources": [],
        "meters": [],
    }
)
FILE = """
contacts:
  - code: duty
    name: {en: On duty, zh: 值班}
    channels: [{kind: apprise, url_variable: PARKWATT_CHAT}]
routes:
  - {code: all, contacts: [duty], areas: [park], rules: [high]}
"""


def loaded(folder: Path, text: str) -> tuple[int, list[Mistake]]:
    (folder / "contacts.yaml").write_text(text, encoding="utf-8")
    mistakes: list[Mistake] = []
    directory = load_directory(folder, SITE, [RULE], mistakes)
    return len(directory.contacts), mistakes


def test_without_a_file_nobody_is_told(tmp_path: Path) -> None:
    mistakes: list[Mistake] = []
    assert load_directory(tmp_path, SITE, [], mistakes) is NOBODY
    assert load_directory(None, SITE, [], mistakes) is NOBODY
    assert mistakes == []


def test_a_file_is_loaded_with_the_plan(tmp_path: Path) -> None:
    text = FILE.replace(", areas: [park], rules: [high]", "")
    (tmp_path / "contacts.yaml").write_text(text, encoding="utf-8")
    assert [each.code for each in load_plan(tmp_path).directory.contacts] == ["duty"]


@pytest.mark.parametrize(
    ("right", "wrong", "key", "reason"),
    [
        ("areas: [park]", "areas: [yard]", "routes[0].areas[0]", "there is no area 'yard'"),
        ("rules: [high]", "rules: [hihg]", "routes[0].rules[0]", "did you mean 'high'"),
        ("contacts: [duty]", "contacts: [chief]", "", "there is no contact 'chief'"),
        ("kind: apprise", "kind: pigeon", "contacts[0].channels[0]", "one of apprise, mail, mqtt, webhook"),
        ("PARKWATT_CHAT", "dingtalk://t0kent0ken", "contacts[0].channels[0]", "must not stand in the file"),
        ("PARKWATT_CHAT", "'${PARKWATT_CHAT}'", "contacts[0].channels[0]", "must not stand in the file"),
        ("zh: 值班", "zh: [", "", "cannot be read"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, right: str, wrong: str, key: str, reason: str) -> None:
    assert loaded(tmp_path, FILE) == (1, [])
    _, mistakes = loaded(tmp_path, FILE.replace(right, wrong))
    told = [(mistake.key, mistake.reason) for mistake in mistakes]
    assert any(where == key and reason in what for where, what in told), told
    assert "t0kent0ken" not in str(mistakes)
