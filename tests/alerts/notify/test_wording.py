"""Alerts in words."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notice import Message, Name, Notice
from alerts.wording import message, number, plain

SHANGHAI = ZoneInfo("Asia/Shanghai")
Told = Callable[..., Message]


def test_an_alert_in_english(told: Told) -> None:
    made = told()
    assert made.subject == "[critical] Demand limit: Main meter (M-101) began, 412.34 kW, limit 400 kW"
    assert made.text.splitlines() == [
        "[critical] Demand limit: Main meter (M-101) began",
        "Where: Hall",
        "Value: 412.34 kW, limit 400 kW",
        "Since: 2026-06-22 07:59:00",
        "Alert at: 2026-06-22 08:00:00",
        "Tariff now: peak 1.0523 CNY/kWh",
        "cost CNY: 1280",
        "https://park.example/?meter=M-101",
    ]


def test_an_alert_in_chinese(told: Told) -> None:
    made = told(language="zh")
    assert made.subject == "[严重] 需量超限:总表 (M-101) 开始,412.34 kW,限值 400 kW"
    assert "当前电价:高峰 1.0523 CNY/kWh" in made.text.splitlines()
    assert "始于:2026-06-22 07:59:00" in made.text.splitlines()


def test_further_figures_have_their_names_in_both_languages(told: Told) -> None:
    more = {"missing kvar": 11.57, "month's factor": 0.84, "cost this month CNY": 361.5, "usual kW": None}
    chinese = told(language="zh", more=more).text.splitlines()
    assert chinese[-4:-1] == [
        "缺少的无功补偿:11.57 kvar",
        "本月至今功率因数:0.84",
        "照此本月力调电费:361.5 CNY",
    ]
    english = told(more=more).text.splitlines()
    assert english[-4:-1] == [
        "Reactive power missing: 11.57 kvar",
        "Power factor of the month so far: 0.84",
        "It will cost this month, going on like this: 361.5 CNY",
    ]


def test_a_value_is_called_what_it_is_and_what_to_do_is_said(told: Told) -> None:
    figure = Name("Spool full to", "缓存占用")
    advice = Name("Look at the database's disk.", "请检查数据库磁盘。")
    words = {"figure": figure, "advice": advice, "share": True, "value": 0.3993, "limit": 0.2, "unit": "1"}
    english, chinese = told(**words), told(language="zh", **words)
    assert english.subject.endswith("began, 39.93 %, limit 20 %")
    assert "Spool full to: 39.93 %, limit 20 %" in english.text.splitlines()
    assert english.text.splitlines()[-2] == "To do: Look at the database's disk."
    assert "缓存占用:39.93 %,限值 20 %" in chinese.text.splitlines()
    assert chinese.text.splitlines()[-2] == "处理建议:请检查数据库磁盘。"


def test_the_end_tells_how_long_it_lasted_and_asks_nothing(told: Told) -> None:
    over = {"what": "resolved", "since_us": 1_782_086_400_000_000 - 3_725_000_000, "advice": Name("Go", "去")}
    english, chinese = told(**over), told(language="zh", **over)
    assert english.subject.endswith("Main meter (M-101) is over, lasted 1 h 2 min 5 s")
    assert "Over at: 2026-06-22 08:00:00" in english.text.splitlines()
    assert "Lasted: 1 h 2 min 5 s" in english.text.splitlines()
    assert "To do" not in english.text
    assert chinese.subject.endswith("已恢复,持续 1小时2分5秒")


def test_long_times_are_told_in_minutes(told: Told) -> None:
    text = told(value=312.0, limit=60.0, unit="s", more={"breach in s": 437.0}).text.splitlines()
    assert "Value: 5 min 12 s, limit 60 s" in text
    assert "Contract broken in: 7 min 17 s" in text


def test_whoever_is_told_because_nobody_acknowledged_reads_that_first(notice: Notice) -> None:
    made = message("key", [notice], "en", SHANGHAI, passed_on=True)
    assert made.text.startswith("Nobody has acknowledged it so far")
    assert message("key", [notice], "zh", SHANGHAI, passed_on=True).text.startswith("至今无人确认")


def test_what_is_not_known_is_no_zero(told: Told) -> None:
    made = told(value=None, limit=None, band=None)
    assert "Value: not known" in made.text
    assert "limit 400" not in made.text
    assert "Tariff" not in made.text


def test_a_share_has_no_unit(told: Told) -> None:
    assert told(value=0.85, limit=0.9, unit="1").subject.endswith("began, 0.85, limit 0.9")


@pytest.mark.parametrize("what", ["fired", "raised", "revealed", "resolved", "stormed", "test"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_change_has_its_word(told: Told, what: str, language: str) -> None:
    subject = told(language=language, what=what).subject
    assert what not in subject.split() or what == "test"
    assert "[critical]" in subject or "[严重]" in subject


def test_a_storm_is_one_message_that_tells_the_number(notice: Notice) -> None:
    many = [
        msgspec.structs.replace(notice, id=f"{n}", subject=f"M-{n}", subject_name=Name(f"M-{n}", f"M-{n}"))
        for n in range(400)
    ]
    made = message("key", many, "en", SHANGHAI)
    assert made.subject == "[critical] Demand limit: 400 alerts"
    assert made.text.splitlines()[:2] == ["Demand limit: 400 alerts", "began 400"]
    assert "M-0, M-1, M-2, M-3, M-4, …" in made.text
    assert len(made.text) < 400
    assert len(made.notices) == 400


def test_alerts_of_several_rules_stand_below_one_another(notice: Notice) -> None:
    other = msgspec.structs.replace(
        notice,
        rule="stale",
        rule_name=Name("Silent meter", "无数据"),
        severity="warning",
        at_us=notice.at_us + 1,
    )
    made = message("key", [other, notice], "en", SHANGHAI)
    assert made.subject.startswith("[critical] Demand limit: Main meter (M-101) began")
    assert made.subject.endswith(", further 1 alert")
    assert made.text.index("Demand limit") < made.text.index("Silent meter")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Hall\r\nBcc: all@example.com", "Hall Bcc: all@example.com"),
        ("<b>Hall</b>", "<b>Hall</b>"),
        ("Hall\u202egpj.exe\u2028x\x1b[31m", "Hall gpj.exe x [31m"),
        ("x" * 500, "x" * 119 + "…"),
    ],
)
def test_a_name_is_no_more_than_a_name(told: Told, name: str, shown: str) -> None:
    made = told(subject_name=Name(name, name), subject="M")
    assert made.text.splitlines()[0] == f"[critical] Demand limit: {shown} (M) began"
    assert "\n" not in made.subject
    assert len(made.text.splitlines()) == 8


@given(st.text())
def test_plain_text_holds_no_sign_that_steers(text: str) -> None:
    made = plain(text)
    assert made.isprintable()
    assert len(made) <= 120


@pytest.mark.parametrize(
    ("value", "shown"),
    [(412.34, "412.34"), (123456.78, "123457"), (0.000123, "0.000123"), (None, ""), (float("nan"), "")],
)
def test_numbers_as_people_write_them(value: float | None, shown: str) -> None:
    assert number(value) == shown
