"""The page of alerts: one that a posted reading fires is seen, taken care of, silenced and over."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from far import until
from looks import NARROW, WIDE, complaints
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.database]
SITE = """
code: forge
name: {en: Forge, zh: 锻造厂}
zone: Asia/Shanghai
region: CN-GD
areas: [{code: forge, kind: park, name: {en: Forge, zh: 锻造厂}}]
sources: [{kind: push, code: scada}]
meters:
  - code: press
    name: {en: "Press <b>1</b>", zh: "压机 <b>1</b>"}
    area: forge
    source: scada
    role: boundary
"""
RULE = {
    "kind": "limit",
    "code": "press-limit",
    "name": {"en": "Press <i>over</i> its limit", "zh": "压机<i>超限</i>"},
    "severity": "critical",
    "where": {"meters": ["press"]},
    "quantity": "active_power",
    "above": "40 kW",
    "flapping": {"times": 20},
}

QUIET = "{kind: source_down, code: source-down, name: {en: Source down, zh: 采集源中断}, active: false}"


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """The browser itself reports a rule that was refused."""
    refused = "Failed to load resource: the server responded with a status of"
    return (f"{refused} 409", f"{refused} 422")


@pytest.fixture(scope="module")
def forge(serve_for_file: Callable[..., Any]) -> str:
    """A park whose one meter is posted, and its rule; that nothing was posted for a while is no alert."""
    service = serve_for_file(SITE)
    url: str = service.url
    own = Path(service.variables["PARKWATT_CONFIG_DIR"]) / "alerts"
    own.mkdir()
    (own / "source-down.yaml").write_text(QUIET, encoding="utf-8")
    until(lambda: "source-down" not in active(url))
    sent(url, "/alert-rules", {"rule": RULE, "who": "li.na", "reason": "new press"})
    return url


def sent(url: str, path: str, body: dict[str, Any]) -> None:
    answer = httpx.post(f"{url}/api/v1{path}", json=body, timeout=60)
    assert answer.status_code == 200, answer.text


def active(url: str) -> set[str]:
    rules = httpx.get(f"{url}/api/v1/alert-rules", timeout=60).json()["rules"]
    return {each["code"] for each in rules if each["rule"].get("active", True)}


def read(url: str, kw: float) -> None:
    body = {"meter": "press", "time": [datetime.now(UTC).isoformat()], "active_power": [kw]}
    sent(url, "/readings?source=scada", body)


def looked_at(page: Page) -> list[str]:
    """Complaints at both widths."""
    found = []
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a size
        found += complaints(page)
    return found


def test_an_alert_is_seen_taken_care_of_and_silenced(page: Page, forge: str) -> None:
    page.goto(f"{forge}/alerts?lang=en")
    opened = page.locator("pw-alert-list").first
    expect(opened).to_contain_text("Nothing is open.")
    read(forge, 45)
    row = opened.locator("tbody")
    for said in ("critical", "Press <i>over</i> its limit", "Press <b>1</b>", "45 kW", "40 kW", "firing"):
        expect(row).to_contain_text(said)
    expect(page.locator(".rail .badge")).to_have_text("1")
    row.get_by_role("button", name="What happened").click()
    story = row.locator("pw-alert-story")
    expect(story.locator("li")).to_contain_text("fired")
    story.get_by_label("Your name").first.fill("li.na")
    story.get_by_role("button", name="Comment").click()
    expect(story.get_by_role("alert")).to_have_text("Write the comment first.")
    story.get_by_label("Note").fill("<em>on my way</em>")
    story.get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("acknowledged by li.na")
    expect(story.locator("li").nth(1)).to_contain_text("<em>on my way</em>")
    expect(page.locator(".rail .badge")).to_have_count(0)
    story.get_by_label("Note").fill("belt replaced")
    story.get_by_role("button", name="Comment").click()
    expect(story.locator("li").nth(2)).to_contain_text("belt replaced")
    story.get_by_label("For").select_option("4")
    story.get_by_label("Reason").fill("bearings")
    story.get_by_label("Your name").nth(1).fill("li.na")
    story.get_by_role("button", name="Silence").click()
    silence = page.locator("[data-silence]")
    expect(silence).to_contain_text("press-limit, press")
    expect(row).to_contain_text("silenced until 20")
    assert looked_at(page) == []
    silence.get_by_label("Your name").fill("wang")
    silence.get_by_role("button", name="End").click()
    expect(page.locator("pw-silences")).to_contain_text("Nothing is silenced.")
    hours = {"days": ["sat", "sun"], "from": "22:00", "to": "06:00"}
    weekly = {
        "to": "2036-01-01",
        "weekly": hours,
        "maintenance": True,
        "rules": ["none"],
        "who": "a",
        "reason": "b",
    }
    sent(forge, "/silences", weekly)
    page.reload()
    expect(page.locator("[data-silence]")).to_contain_text("Sat, Sun, 22:00 to 06:00")
    read(forge, 20)
    expect(opened).to_contain_text("Nothing is open.")
    expect(page.locator("pw-alert-list").last.locator("tbody")).to_contain_text("Press <i>over</i> its limit")


def test_what_is_critical_stands_above_what_came_later(page: Page, forge: str) -> None:
    note = {**RULE, "code": "press-note", "name": {"en": "Press runs", "zh": "压机运行"}, "severity": "info"}
    sent(forge, "/alert-rules", {"rule": {**note, "above": "50 kW"}, "who": "li.na", "reason": "to see"})
    rows = page.locator("pw-alert-list").first.locator("tbody", has_text="Press")
    page.goto(f"{forge}/alerts?lang=en")
    read(forge, 45)
    expect(rows).to_contain_text(["critical"])
    read(forge, 55)
    expect(rows).to_contain_text(["critical", "information"])
    sent(forge, "/alert-rules/press-note/removal", {"who": "li.na", "reason": "seen"})
    read(forge, 20)
    expect(rows).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_silence_by_hours_of_the_week_is_set_on_the_page(page: Page, forge: str, language: str) -> None:
    page.goto(f"{forge}/alerts?lang={language}")
    form = page.locator("pw-silencing")
    form.locator("summary").click()
    form.locator("[name=rule]").select_option("press-limit")
    form.locator("[name=where]").select_option("meters:press")
    form.get_by_label("Last day" if language == "en" else "末日").first.fill("2036-03-31")
    form.locator("[name=hours]").select_option("weekly")
    form.locator("[name=reason]").fill(f"night shift {language}")
    form.locator("[name=who]").fill("li.na")
    submit = form.locator("button[type=submit]")
    submit.click()
    expect(form.get_by_role("alert")).to_have_text(
        {"en": "Choose at least one day of the week.", "zh": "请至少选择一天。"}[language]
    )
    form.locator("[name=day][value=fri]").check()
    form.locator("[name=day][value=sat]").check()
    form.locator("[name=to]").fill("25:00")
    submit.click()
    assert not form.evaluate("it => it.querySelector('form').checkValidity()")
    form.locator("[name=to]").fill("05:30")
    form.locator("[name=maintenance]").check()
    assert looked_at(page) == []
    submit.click()
    expect(form.get_by_role("status")).to_contain_text("2036-04-01 00:00")
    silence = page.locator("[data-silence]").filter(has_text=f"night shift {language}")
    expect(silence).to_contain_text(
        {"en": "Fri, Sat, 22:00 to 05:30", "zh": "周五, 周六 22:00 至 05:30"}[language]
    )
    expect(silence).to_contain_text("press-limit, press")
    told = httpx.get(f"{forge}/api/v1/silences", timeout=60).json()["silences"]
    [kept] = [one for one in told if one["reason"] == f"night shift {language}"]
    assert kept["weekly"] == {"days": ["fri", "sat"], "from": "22:00", "to": "05:30"}
    assert kept["maintenance"]
    sent(forge, f"/silences/{kept['id']}/end", {"who": "li.na"})


def test_the_page_of_alerts_in_chinese_and_dark(page: Page, forge: str) -> None:
    read(forge, 50)
    page.goto(f"{forge}/alerts?lang=zh&theme=dark")
    row = page.locator("pw-alert-list").first.locator("tbody")
    for said in ("严重", "压机<i>超限</i>", "压机 <b>1</b>", "50 kW", "未确认"):
        expect(row).to_contain_text(said)
    row.get_by_role("button", name="经过").click()
    expect(row.locator("pw-alert-story li")).to_contain_text("触发")
    assert looked_at(page) == []


HEARD = """window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.tones++; return start.apply(this, when); };"""


def test_a_rule_is_tried_on_the_past(page: Page, forge: str) -> None:
    read(forge, 45)
    page.wait_for_timeout(11_000)  # a trial judges its moments, not each reading
    read(forge, 20)
    page.goto(f"{forge}/alerts?lang=en")
    trial = page.locator("pw-trial")
    trial.locator("[name=rule]").select_option("press-limit")
    trial.locator("[name=field-above]").fill("30 kW")
    trial.locator("[name=days]").select_option("1")
    trial.get_by_role("button", name="Try it").click()
    expect(trial.get_by_role("status")).to_contain_text("It would have fired")
    expect(trial.locator("tbody tr").first).to_contain_text("30 kW")
    expect(trial.locator("tbody tr").first).to_contain_text("Press <b>1</b>")
    assert looked_at(page) == []
    trial.locator("[name=field-above]").fill("3000 kW")
    trial.get_by_role("button", name="Try it").click()
    expect(trial.get_by_role("status")).to_contain_text("It would have told nothing")
    trial.locator("[name=rule]").select_option("spool-filling")
    trial.locator("[name=field-hold]").fill("9 min")
    trial.locator("[name=rule]").select_option("clock-ahead")
    expect(trial.locator("[name=field-hold]")).to_have_value("60 s")
    trial.locator("[name=rule]").select_option(label="A limit of one's own")
    expect(trial.locator("[name=field-hold]")).to_have_value("1 min")
    expect(trial.locator("[name=field-quantity] option:checked")).to_have_text("Active power")
    trial.get_by_role("button", name="Try it").click()
    expect(trial.get_by_role("status")).to_contain_text("It would have told nothing")


def test_a_sound_comes_with_an_alert_where_it_is_wanted(page: Page, forge: str) -> None:
    read(forge, 20)
    page.add_init_script(HEARD)
    page.goto(f"{forge}/alerts?lang=en")
    expect(page.locator("[data-figure=alerts] .digits")).to_have_text("0")
    expect(page.locator("pw-alert-list").first).to_contain_text("Nothing is open.")
    page.get_by_label("A sound when an alert comes").check()
    assert page.evaluate("window.tones") == 2
    read(forge, 48)
    expect(page.locator(".rail .badge")).to_have_text("1")
    until(lambda: page.evaluate("window.tones") == 4)
    page.get_by_label("A sound when an alert comes").uncheck()
    read(forge, 20)
    expect(page.locator("pw-alert-list").first).to_contain_text("Nothing is open.")
    read(forge, 49)
    expect(page.locator(".rail .badge")).to_have_text("1")
    assert page.evaluate("window.tones") == 4


def test_rules_are_listed_tried_watched_and_taken_away(page: Page, forge: str) -> None:
    page.goto(f"{forge}/alerts?lang=en")
    rules = page.locator("pw-rules")
    press = rules.locator("[data-rule=press-limit]")
    for said in ("critical", "Press <i>over</i> its limit", "Active power · Above 40 kW", "Press <b>1</b>"):
        expect(press).to_contain_text(said)
    press.get_by_role("button", name="The rule").click()
    expect(press.locator("pw-rule li")).to_contain_text("put by li.na")
    press.get_by_role("button", name="Try it on the past").click()
    trial = page.locator("pw-trial")
    expect(trial.locator("select[name=rule]")).to_have_value("press-limit")
    trial.get_by_label("Above").fill("35 kW")
    trial.get_by_text("Watch it from now on").click()
    watching = trial.get_by_role("form", name="Watch it from now on")
    expect(watching.get_by_label("Code")).to_have_value("press-limit")
    watching.get_by_label("Code").fill("press-warm")
    watching.get_by_label("Severity").select_option("info")
    watching.get_by_label("Your name").fill("wang.wei")
    watching.get_by_label("Reason").fill("runs warm")
    watching.get_by_role("button", name="Watch it").click()
    expect(trial.get_by_role("status").first).to_contain_text("press-warm is watched from now on.")
    warm = rules.locator("[data-rule=press-warm]")
    expect(warm).to_contain_text("Above 35 kW")
    assert looked_at(page) == []
    warm.get_by_role("button", name="The rule").click()
    removal = warm.get_by_role("form", name="Take the rule away")
    removal.get_by_label("Your name").fill("li.na")
    removal.get_by_label("Reason").fill("it was the fan")
    removal.get_by_role("button", name="Take the rule away").click()
    expect(warm).to_have_count(0)


def test_a_rule_names_the_meters_that_it_can_never_judge(page: Page, forge: str) -> None:
    hertz = {**RULE, "code": "press-hertz", "quantity": "frequency", "above": "51 Hz"}
    sent(forge, "/alert-rules", {"rule": hertz, "who": "li.na", "reason": "to see"})
    page.goto(f"{forge}/alerts?lang=en")
    blind = page.locator("[data-rule=press-hertz]")
    said = blind.get_by_text("not judged, as they send nothing of it: Press <b>1</b>")

    def told() -> int:
        read(forge, 20)
        return said.count()

    until(told)
    expect(page.locator("[data-rule=press-limit]")).not_to_contain_text("not judged")
    blind.get_by_role("button", name="The rule").click()
    expect(blind.locator("pw-rule")).to_contain_text("It cannot judge Press <b>1</b>")
    sent(forge, "/alert-rules/press-hertz/removal", {"who": "li.na", "reason": "seen"})


def test_a_rule_that_cannot_be_says_why_in_the_reader_s_words(page: Page, forge: str) -> None:
    page.goto(f"{forge}/alerts?lang=zh&theme=dark")
    trial = page.locator("pw-trial")
    trial.get_by_label("高于").fill("40 kg")
    trial.get_by_text("从现在起监视").click()
    watching = trial.get_by_role("form", name="从现在起监视")
    for label, text in {
        "代码": "meter-silent",
        "英文名称": "x",
        "中文名称": "x",
        "姓名": "li.na",
        "原因": "x",
    }.items():
        watching.get_by_label(label).fill(text)
    watching.get_by_role("button", name="开始监视").click()
    expect(trial.get_by_role("alert")).to_contain_text("rule.above: 单位 'kg' 无法换算为 'kW'")
    trial.get_by_label("高于").fill("40 kW")
    watching.get_by_role("button", name="开始监视").click()
    expect(trial.get_by_role("alert")).to_contain_text("规则 'meter-silent' 来自文件")
    silent = page.locator("[data-rule=meter-silent]")
    silent.get_by_role("button", name="规则").click()
    expect(silent.locator("pw-rule")).to_contain_text("该规则来自文件")
    assert looked_at(page) == []


def test_all_parts_of_the_page_share_one_answer_about_rules(page: Page, forge: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{forge}/alerts?lang=en")
    for part in ("pw-rules [data-rule]", "pw-trial form", "pw-silencing form"):
        expect(page.locator(part).first).to_be_attached()
    expect(page.locator("pw-alert-list").last).to_contain_text("Recent history")
    expect(page.locator("pw-alert-list .plot-space")).to_have_count(0)
    turns = sum("/alerts?over" in url for url in asked)
    assert 1 <= sum(url.endswith("/alert-rules") for url in asked) <= turns + 1
