"""A site file that the page writes: whole, without a word of the machine's own, the one before kept."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from telemetry.settings import site_file
from telemetry.settings.library import Library
from telemetry.settings.mistakes import ConfigError
from telemetry.settings.plan import Plan, load_plan

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SITE = """# our works
code: works
name: {en: Works, zh: 工厂}
zone: Asia/Shanghai
region: CN-GD
areas:
  - {code: works, kind: park, name: {en: Works, zh: 工厂}}
"""
LINE = {"kind": "modbus", "code": "line-1", "host": "192.0.2.1"}
METER = {
    "code": "M-1",
    "name": {"en": "Incomer", "zh": "进线"},
    "area": "works",
    "source": "line-1",
    "device": "eastron-sdm630",
    "address": 1,
}


@pytest.fixture
def plan(library: Library, tmp_path: Path) -> Plan:
    """Of a park without meters."""
    empty = Plan(None, None, library)
    draft = site_file.described(empty, tmp_path, SITE)
    assert site_file.keep(draft, NOW) is None
    return Plan(draft.site, draft.file, library)


def reasons(error: pytest.ExceptionInfo[ConfigError]) -> list[tuple[str, str]]:
    return [(each.key, each.reason) for each in error.value.mistakes]


def test_source_and_meter_come_into_the_file_and_the_one_before_stays(plan: Plan, tmp_path: Path) -> None:
    draft = site_file.extended(plan, {"sources": [LINE], "meters": [METER]})
    before = site_file.keep(draft, NOW)
    assert before is not None
    assert before.read_text(encoding="utf-8") == SITE
    assert draft.file.read_text(encoding="utf-8").startswith(SITE)
    again = load_plan(tmp_path)
    assert again.site is not None
    assert [meter.code for meter in again.site.meters] == ["M-1"]
    assert sorted(path.name for path in draft.file.parent.glob("*.yaml")) == [draft.file.name]


@pytest.mark.parametrize(
    ("changed", "key", "told"),
    [
        ({"area": "hall-9"}, "meters[0].area", "hall-9"),
        ({"device": "eastron-sdm63"}, "meters[0].device", "did you mean 'eastron-sdm630'?"),
        ({"address": 300}, "meters[0].address", "0 to 255"),
        ({"multiplier": -1}, "meters[0].multiplier", "greater than 0"),
        ({"colour": "red"}, "meters[0].colour", "not permitted"),
        (
            {"name": {"en": "${PARKWATT_TOKEN}", "zh": "表"}},
            "meters[0].name.en",
            "variable of the environment",
        ),
    ],
)
def test_mistakes_are_told_by_place_and_nothing_is_written(
    plan: Plan, changed: dict[str, Any], key: str, told: str
) -> None:
    with pytest.raises(ConfigError) as error:
        site_file.extended(plan, {"sources": [LINE], "meters": [{**METER, **changed}]})
    assert [(at, told in reason) for at, reason in reasons(error)] == [(key, True)]


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ({"kind": "modbus", "serial": "spy:///dev/ttyS0?file=/tmp/x"}, "sources[0].serial"),
        ({"kind": "modbus", "serial": "/etc/passwd"}, "sources[0].serial"),
        ({"kind": "mqtt", "url": "mqtts://h", "topic": "{meter}", "ca": "/etc/shadow"}, "sources[0].ca"),
        ({"kind": "modbus", "host": "h", "port": 70000}, "sources[0].port"),
        ({"kind": "modbas", "host": "h"}, "sources[0].kind"),
    ],
)
def test_a_source_reaches_for_nothing_of_this_machine(plan: Plan, source: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as error:
        site_file.extended(plan, {"sources": [{"code": "line-1", **source}]})
    assert [at for at, _ in reasons(error)] == [key]


def test_a_whole_file_is_checked_before_it_is_written(library: Library, tmp_path: Path) -> None:
    wrong = SITE.replace("CN-GD", "XX-YY").replace("en: Works", 'en: "${HOME}"')
    with pytest.raises(ConfigError) as error:
        site_file.described(Plan(None, None, library), tmp_path, wrong)
    assert {at for at, _ in reasons(error)} == {"name.en", "areas[0].name.en"}
    with pytest.raises(ConfigError, match="XX-YY"):
        site_file.described(Plan(None, None, library), tmp_path, SITE.replace("CN-GD", "XX-YY"))
    with pytest.raises(ConfigError, match="cannot be read"):
        site_file.described(Plan(None, None, library), tmp_path, "code: [")
    assert not (tmp_path / "sites").exists()
