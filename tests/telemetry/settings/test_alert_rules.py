from datetime import date
from pathlib import Path

import pytest

from telemetry.model import Site
from telemetry.settings.alert_rules import holding, load_rules
from telemetry.settings.mistakes import Mistake

RULE = "kind: limit\ncode: high\nname: {en: High, zh: 高}\nquantity: active_power\nabove: 400 kW\n"
OFF_PEAK = "kind: off_peak\ncode: dear\nname: {en: Dear, zh: 贵}\nabove: 40 kW\n"
BOTH = "kind: composite\ncode: both\nname: {en: Both, zh: 都}\n"


def _loaded(tmp_path: Path, site: Site | None, **texts: str) -> tuple[list[str], list[Mistake]]:
    """Rules by code and severity, of files that are named brought_... or own_..."""
    for folder in ("brought", "own"):
        (tmp_path / folder).mkdir()
    for name, text in texts.items():
        folder, _, file = name.partition("_")
        (tmp_path / folder / f"{file}.yaml").write_text(text, encoding="utf-8")
    mistakes: list[Mistake] = []
    rules = load_rules(tmp_path / "brought", tmp_path / "own", site, mistakes, ("peak", "sharp"))
    return [f"{rule.code} {rule.severity}" for rule in rules], mistakes


def test_a_parks_own_rule_replaces_the_one_that_the_program_brings(tmp_path: Path) -> None:
    own = RULE + "severity: critical\n"
    other = RULE.replace("high", "other")
    assert _loaded(tmp_path, None, brought_a=RULE, brought_b=other, own_a=own) == (
        ["high critical", "other warning"],
        [],
    )


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (RULE.replace("400 kW", "400 V"), "", "above: unit 'V' cannot be converted to 'kW' (got '400 V')"),
        (RULE.replace("active_power", "activ_power"), "", "quantity: 'activ_power' is not in the catalogue"),
        (RULE.replace("limit", "limits"), "", "kind 'limits' is none of"),
        (RULE + "hold: 3 months\n", "hold", "a length of time, such as"),
        (RULE + "where: {meters: [m1, m7]}\n", "where.meters[1]", "there is no meter 'm7'"),
        (RULE + "hysterese: 5 kW\n", "hysterese", "Extra inputs are not permitted"),
        (OFF_PEAK + "bands: [peak, shrap]\n", "bands[1]", "there is no band 'shrap'; did you mean 'sharp'?"),
        (BOTH + "all: [both-not]\n", "all[0]", "there is no rule 'both-not'"),
    ],
)
def test_a_mistake_is_named_by_file_key_and_reason(
    tmp_path: Path, make_site: "type[Site]", text: str, key: str, reason: str
) -> None:
    _, mistakes = _loaded(tmp_path, make_site({"code": "m1"}), own_a=text)
    assert [(mistake.file, mistake.key) for mistake in mistakes] == [(str(tmp_path / "own" / "a.yaml"), key)]
    assert reason in mistakes[0].reason


def test_the_same_day_twice_is_a_mistake(tmp_path: Path) -> None:
    _, mistakes = _loaded(tmp_path, None, own_a=RULE, own_b=RULE)
    assert [mistake.reason for mistake in mistakes] == [
        f"'high' from that day stands in {tmp_path / 'own' / 'a.yaml'} already"
    ]


def test_the_edition_that_began_last_holds(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(RULE.replace("400", "500") + "from: 2026-07-01\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text(RULE + "from: 2026-08-01\nactive: false\n", encoding="utf-8")
    rules = load_rules(tmp_path, None, None, [])
    assert [str(rule.model_dump()["above"]) for rule in holding(rules, date(2026, 6, 30))] == ["400 kW"]
    assert [str(rule.model_dump()["above"]) for rule in holding(rules, date(2026, 7, 1))] == ["500 kW"]
    assert holding(rules, date(2026, 8, 1)) == ()


def test_rules_that_stand_in_a_circle_are_each_named(tmp_path: Path, make_site: "type[Site]") -> None:
    others = {"b": "any: [high, c]", "c": "all: [both]", "d": "any: [both]"}
    texts = {f"own_{code}": BOTH.replace("both", code) + parts for code, parts in others.items()}
    own = {"own_both": BOTH + "all: [b, high]", "own_rule": RULE} | texts
    _, mistakes = _loaded(tmp_path, make_site({"code": "m1"}), **own)
    assert [(Path(mistake.file).stem, mistake.key, mistake.reason) for mistake in mistakes] == [
        ("b", "any[1]", "b > c > both > b is a circle: no rule can be a part of itself"),
        ("both", "all[0]", "both > b > c > both is a circle: no rule can be a part of itself"),
        ("c", "all[0]", "c > both > b > c is a circle: no rule can be a part of itself"),
    ]


def test_editions_of_other_days_make_no_circle(tmp_path: Path, make_site: "type[Site]") -> None:
    before = BOTH + "any: [b]\nto: 2026-06-30\n"
    after = BOTH + "any: [high]\nfrom: 2026-07-01\n"
    later = BOTH.replace("both", "b") + "any: [both]\nfrom: 2026-07-01\n"
    first = BOTH.replace("both", "b") + "any: [high]\n"
    texts = {"own_a": before, "own_b": after, "own_c": first, "own_d": later, "own_e": RULE}
    assert _loaded(tmp_path, make_site({"code": "m1"}), **texts)[1] == []
