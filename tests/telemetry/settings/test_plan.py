from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from accounting.calendar import NO_BAND
from telemetry.cli import app, main
from telemetry.settings.documents import read_yaml
from telemetry.settings.library import library_folder
from telemetry.settings.mistakes import ConfigError
from telemetry.settings.plan import load_plan

SITE = """
code: plant
name: {en: Plant, zh: 工厂}
zone: Asia/Shanghai
region: CN-GD
billing: {tariff: demo-park}
areas:
  - {code: park, kind: park, name: {en: Park, zh: 园区}}
  - {code: hall, kind: workshop, parent: park, name: {en: Hall, zh: 车间}}
sources:
  - {code: gw, kind: modbus, host: 127.0.0.1}
  - {code: mq, kind: mqtt, url: "mqtt://127.0.0.1:1883", topic: "park/{meter}"}
  - {code: scada, kind: push}
meters:
  - {code: m1, name: {en: One, zh: 一}, area: park, source: gw, address: 1, device: eastron-sdm630}
  - {code: m2, name: {en: Two, zh: 二}, area: hall, source: mq, device: parkwatt-json, parent: m1}
  - {code: m3, name: {en: Three, zh: 三}, area: hall, source: scada, parent: m1}
  - code: v1
    name: {en: Rest, zh: 其余}
    area: hall
    role: generation
    formula: {energy_import: m1.energy_import - (m2.energy_import + m3.energy_import)}
    history: [{from: 2026-01-01, formula: {energy_import: m1.energy_import - m3.energy_import}}]
  - {code: v2, name: {en: Half, zh: 半}, area: hall, formula: {energy_import: v1.energy_import / 2}}
"""
MISTAKES = [
    ("meters.0.device", "eastron-sdm63", "meters[0].device", "did you mean 'eastron-sdm630'"),
    ("meters.0.device", "parkwatt-json", "meters[0].device", "speaks mqtt"),
    ("meters.0.address", "one", "meters[0].address", "unit id"),
    ("meters.0.address", 256, "meters[0].address", "256"),
    ("meters.0.multiplier", -80, "meters[0].multiplier", "-80"),
    ("meters.0.multipler", 80, "meters[0].multipler", "not permitted"),
    ("meters.0.pace", {"poll": 60}, "meters[0].pace.poll", "not permitted"),
    ("meters.1.pace", {"poll_s": 60}, "meters[1].pace.poll_s", "no meaning behind a source of kind mqtt"),
    ("meters.1.area", "attic", "meters[1].area", "'attic'"),
    ("meters.1.parent", "m9", "meters[1].parent", "'m9'"),
    ("meters.1.source", "nowhere", "meters[1].source", "'nowhere'"),
    ("meters.1.code", "m1", "meters[1].code", "twice"),
    ("meters.1.code", "m 1", "meters[1].code", "'m 1'"),
    ("meters.0.parent", "m2", "meters", "above itself"),
    ("meters.0.region", "CN-XX", "meters[0].region", "'CN-XX'"),
    ("sources.0.port", 70000, "sources[0].port", "70000"),
    ("sources.0.kind", "profibus", "sources[0]", "kind 'profibus' is none of bacnet, "),
    ("sources.0.kind", "line_protocol", "sources[0]", "kind 'line_protocol' is none of"),
    ("sources.0.kind", None, "sources[0]", "kind None is none of"),
    ("meters.2.formula", {"energy_import": "m1.energy_import"}, "meters[2]", "either a source"),
    ("meters.2.source", "", "meters[2].source", "match"),
    ("meters.3.formula", {"energy_imprt": "m1.energy_import"}, "meters[3].formula", "no settled quantity"),
    (
        "meters.3.formula",
        {"energy_import": "m1.energy_import * 2 +"},
        "meters[3].formula",
        "'the end' stands",
    ),
    ("meters.3.formula", {"energy_import": "m1.heat_energy"}, "meters[3].formula", "is in GJ"),
    ("meters.4.formula", {"energy_import": "m9.energy_import"}, "meters[4].formula", "no meter 'm9'"),
    ("meters.3.formula", {"energy_import": "v1.energy_import"}, "meters", "v1 -> v1"),
    ("meters.4.history", [{"formula": {"energy_import": "v2.energy_import"}}], "meters", "v2 -> v2"),
    (
        "meters.0.counter_digits",
        {"energy_import": 6},
        "meters[0].counter_digits",
        "6 of energy_import: say the value",
    ),
    ("meters.0.counter_digits", {"active_power": 1000}, "meters[0].counter_digits", "is no counter"),
    ("meters.3.multiplier", 80, "meters[3]", "no device behind it: multiplier"),
    ("meters.0.role", "generation", "meters[3].role", "counts beside 'm1'"),
    (
        "meters.2.history",
        [{"formula": {"energy_import": "m1.energy_import"}}],
        "meters[2]",
        "takes no formula",
    ),
    ("areas.1.parent", "nowhere", "areas[1].parent", "'nowhere'"),
    ("areas.1.kind", "park", "areas", "exactly one area"),
    ("zone", "Asia/Dongguan", "zone", "'Asia/Dongguan'"),
    ("region", "CN-QQ", "region", "'CN-QQ'"),
    ("billing.user_class", "large", "billing.user_class", "there is no user class 'large'"),
    ("billing.declared_days", {"hot": ["2026-06-10"]}, "billing.declared_days.hot", "no list of days 'hot'"),
    ("billing.tariff", "cn-bj-2023-11", "billing.since", "no source tells since when"),
    ("billing.series", "demos", "billing.series", "did you mean 'demo'"),
    ("billing.own", {"nowhere": {"tariff": "demo-park"}}, "billing.own.nowhere", "no enterprise 'nowhere'"),
    ("billing.own", {"one": {"tariff": "demo"}}, "billing.own.one.tariff", "no tariff 'demo'"),
    (
        "billing.own",
        {"one": {"tariff": "demo-park", "since": "2026-01-15"}},
        "billing.own.one.since",
        "no reading day of the park's: day 1",
    ),
    (
        "billing.own",
        {"one": {"tariff": "demo-park", "since": "2026-01-01", "to": "2026-03-30"}},
        "billing.own.one.to",
        "2026-03-30 is not the day before a reading day of the park's: day 1",
    ),
    (
        "billing.own",
        {"one": {"tariff": "demo-park", "since": "2026-02-01", "to": "2026-01-31"}},
        "billing.own.one.to",
        "2026-01-31 is before since, 2026-02-01",
    ),
    (
        "billing.own",
        {"one": {"tariff": "demo-park", "contracts": [{"since": "2026-01-01", "tenants": ["park"]}]}},
        "billing.own.one.contracts[0].tenants[0]",
        "park is under another supply contract: the park's",
    ),
    (
        "billing.contracts",
        [{"since": "2026-01-01", "reading_day": 31}],
        "billing.contracts[0]",
        "within 1 to 28",
    ),
    (
        "billing.contracts",
        [{"since": "2026-01-01", "demand": {"basis": "contract", "price": 36.1, "source": "annex"}}],
        "billing.contracts[0].demand",
        "contract_kw is missing",
    ),
    (
        "billing.contracts",
        [{"since": "2026-01-20", "reading_day": 20}, {"since": "2026-02-20"}, {"since": "2026-03-01"}],
        "billing.contracts[2].since",
        "within the month that runs from 2026-02-20 to 2026-03-31",
    ),
    (
        "billing.contracts",
        [{"since": "2026-01-01"}, {"since": "2026-02-15"}],
        "billing.contracts[1].since",
        "is no reading day: months are read on day 1",
    ),
    (
        "billing.contracts",
        [{"since": "2026-02-01"}, {"since": "2026-01-01"}],
        "billing.contracts[1].since",
        "is not after 2026-02-01",
    ),
    (
        "billing.contracts",
        [{"since": "2026-01-01", "tenants": ["hall"]}],
        "billing.contracts[0].tenants[0]",
        "no electricity meter of role boundary stands on the area 'hall'",
    ),
    (
        "billing.contracts",
        [{"since": "2026-01-01", "sharing": {"by": "area", "area": {"attic": 10}}}],
        "billing.contracts[0].sharing.area.attic",
        "neither an enterprise nor under tenants",
    ),
    (
        "billing.contracts",
        [{"since": "2026-01-01", "sharing": {"by": "share"}}],
        "billing.contracts[0].sharing",
        "share names no part above 0",
    ),
    (
        "billing.contracts",
        [{"since": "2026-01-01", "power_factor": {"standard": "0.95"}}],
        "billing.contracts[0].power_factor.standard",
        "0.95 is none of 0.80, 0.85, 0.90",
    ),
    (
        "billing.contracts",
        [{"since": "2026-01-01", "power_factor": {"standard": "0.90", "table": "cn-83-216"}}],
        "billing.contracts[0].power_factor.table",
        "did you mean 'cn-83-215'",
    ),
    (
        "billing.contracts",
        [
            {
                "since": "2026-01-01",
                "funds": [{"code": "r", "name": {"en": "r", "zh": "r"}, "price": 0.019, "source": "s"}],
            }
        ],
        "billing.contracts[0].funds",
        "hold funds and surcharges already",
    ),
    ("billing.tariff", "demo-prk", "billing.tariff", "did you mean 'demo-park'"),
]


def write(folder: Path, document: object) -> Path:
    sites = folder / "sites"
    sites.mkdir(parents=True, exist_ok=True)
    (sites / "plant.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return folder


def changed(path: str, value: object) -> object:
    document = yaml.safe_load(SITE)
    *way, last = path.split(".")
    place = document
    for step in way:
        place = place[int(step)] if step.isdecimal() else place[step]
    place[last] = value
    return document


def test_a_formula_that_has_ended_may_name_a_meter_that_left(tmp_path: Path) -> None:
    load_plan(write(tmp_path, changed("meters.3.formula", {"energy_import": "m9.energy_import"})))


def test_a_good_site_resolves(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path, yaml.safe_load(SITE)), mqtt_url="mqtt://127.0.0.1:1999")
    assert plan.site is not None
    assert plan.tariff is not None
    assert plan.tariff.code == "demo-park"
    assert [getattr(source, "url", None) for source in plan.site.sources] == [
        None,
        "mqtt://127.0.0.1:1999",
        None,
    ]


@pytest.mark.parametrize(("path", "value", "key", "reason"), MISTAKES)
def test_a_mistake_is_named_by_file_key_and_reason(
    tmp_path: Path, path: str, value: object, key: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_plan(write(tmp_path, changed(path, value)))
    found = [mistake for mistake in caught.value.mistakes if mistake.key == key]
    assert found, caught.value
    assert found[0].file.endswith("plant.yaml")
    assert reason in found[0].reason


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    document = changed("meters.0.device", "none")
    document["meters"][1]["area"] = "attic"  # type: ignore[index]
    with pytest.raises(ConfigError) as caught:
        load_plan(write(tmp_path, document))
    assert {mistake.key for mistake in caught.value.mistakes} == {"meters[0].device", "meters[1].area"}


def test_a_meter_is_read_by_its_own_pace_before_its_templates_and_its_sources(tmp_path: Path) -> None:
    document = changed("sources.0.poll_s", 60)
    known = (library_folder() / "devices" / "eastron-sdm630.yaml").read_text("utf-8")
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "slow.yaml").write_text(
        known.replace("code: eastron-sdm630\n", "code: slow\npace: {poll_s: 300}\n"), "utf-8"
    )
    common = {"name": {"en": "n", "zh": "n"}, "area": "hall", "source": "gw"}
    document["meters"] += [  # type: ignore[index]
        common | {"code": "m4", "address": 4, "device": "slow"},
        common | {"code": "m5", "address": 5, "device": "slow", "pace": {"poll_s": 925}},
        common | {"code": "m6", "address": 6, "device": "eastron-sdm630", "pace": {"poll_s": 5}},
    ]
    plan = load_plan(write(tmp_path, document))
    assert plan.polled_s() == {"m1": 60.0, "m4": 300.0, "m5": 900.0, "m6": 60.0}


def test_without_a_site_there_is_a_plan_with_the_library_alone(tmp_path: Path) -> None:
    plan = load_plan(tmp_path)
    assert plan.site is None
    assert plan.tariff is None


def test_a_second_site_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, yaml.safe_load(SITE))
    (tmp_path / "sites" / "second.yaml").write_text(SITE, encoding="utf-8")
    with pytest.raises(ConfigError, match="one site"):
        load_plan(tmp_path)


def test_a_contract_has_its_first_day_user_class_declared_days_and_free_days(tmp_path: Path) -> None:
    billing = {
        "tariff": "cn-sc-2025-185",
        "since": "2026-01-01",
        "user_class": "large-industry",
        "declared_days": {"sc-three-days-35C": ["2026-06-10"]},
    }
    tariff = load_plan(write(tmp_path, changed("billing", billing))).tariff
    assert tariff is not None
    instants = ("2025-12-31T12:00+08", "2026-06-10T13:30+08", "2026-06-11T13:30+08")
    us = np.array([int(datetime.fromisoformat(each).timestamp() * 1e6) for each in instants])
    found = ["none" if band == NO_BAND else tariff.bands[band].code for band in tariff.bands_at(us).tolist()]
    assert found == ["none", "sharp", "flat"]
    free = load_plan(write(tmp_path, changed("billing", {"tariff": "cn-zj-2024-21", "since": "2026-01-01"})))
    assert free.tariff is not None
    assert 2026 in free.tariff.known.years


def test_the_contract_names_its_price_series(tmp_path: Path) -> None:
    billing = {"tariff": "cn-gd-331-2021", "series": "prd6-single-below-1kv"}
    plan = load_plan(write(tmp_path, changed("billing", billing)))
    assert plan.tariff is not None
    assert plan.tariff.series == ("prd6-single-below-1kv",)
    october = np.array([1_791_000_000_000_000], np.int64)
    assert not np.isnan(plan.tariff.prices_at(october).price[0])


def test_a_day_without_a_zone_begins_in_the_park(tmp_path: Path) -> None:
    history = [
        {"from": date(2026, 1, 1), "multiplier": 60},
        {"from": "2026-02-01T00:00:00Z", "multiplier": 80},
    ]
    plan = load_plan(write(tmp_path, changed("meters.0.history", history)))
    assert plan.site is not None
    since = [term.since for term in plan.site.meters[0].history]
    assert since == [datetime(2025, 12, 31, 16, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)]


def test_check_prints_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(write(tmp_path, yaml.safe_load(SITE))))
    result = CliRunner().invoke(app, ["check"])
    assert result.exit_code == 0
    for word in ("plant", "Asia/Shanghai", "eastron-sdm630", "catalogue names"):
        assert word in result.stdout


def test_check_marks_a_map_that_no_source_confirms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = read_yaml(library_folder() / "devices" / "eastron-sdm630.yaml")
    assert isinstance(template, dict)
    (tmp_path / "devices").mkdir()
    for code, verified in (("seen", True), ("guessed", False)):
        document = yaml.safe_dump({**template, "code": code, "verified": verified})
        (tmp_path / "devices" / f"{code}.yaml").write_text(document, encoding="utf-8")
    folder = write(tmp_path, changed("meters.0.device", "guessed"))
    monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(folder))
    assert "guessed *" in CliRunner().invoke(app, ["check"]).stdout
    write(tmp_path, changed("meters.0.device", "seen"))
    assert "*" not in CliRunner().invoke(app, ["check"]).stdout


def test_check_ends_with_2_and_names_the_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(write(tmp_path, changed("zone", "Mars/Base"))))
    monkeypatch.setattr("sys.argv", ["parkwatt", "check"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "zone" in capsys.readouterr().err
