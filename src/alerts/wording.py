"""Alerts in words, in Chinese and English: plain text in which a name is never more than a name."""

import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from alerts.notice import Language, Message, Name, Notice, local

_LONGEST_NAME = 120
_LONGEST_SUBJECT = 200
TEST = "test"
"""What a message that somebody asked for is about."""
_WORDS: Mapping[str, Name] = {
    "info": Name("info", "提示"),
    "warning": Name("warning", "警告"),
    "critical": Name("critical", "严重"),
    "fired": Name("began", "开始"),
    "raised": Name("has become graver", "升级"),
    "revealed": Name("goes on", "仍在持续"),
    "resolved": Name("is over", "已恢复"),
    "gone": Name("is no longer watched", "不再监视"),
    "removed": Name(
        "Its rule, or what it is about, was taken away or changed; how things stand now is not known.",
        "其规则或对象已被删除或更改;当前状态未知。",
    ),
    "stormed": Name("alerts at once", "同时告警数量"),
    TEST: Name("test", "测试"),
    "value": Name("Value", "数值"),
    "lasted": Name("Lasted", "持续"),
    "ended": Name("Over at", "恢复于"),
    "advice": Name("To do", "处理建议"),
    "open": Name(
        "Nobody has acknowledged it so far; that is why you are told.", "至今无人确认,故升级通知您。"
    ),
    "away": Name(
        "The database has not answered since {since}. Until it does, no alert about readings comes, and "
        "nobody's acknowledgement, nor a rule or silence changed since, is known here.",
        "数据库自 {since} 起无响应。恢复前不会有基于读数的告警,此后的确认以及规则、静默的更改在此均不可知。",
    ),
    "limit": Name("limit", "限值"),
    "since": Name("Since", "始于"),
    "at": Name("Alert at", "告警于"),
    "band": Name("Tariff now", "当前电价"),
    "area": Name("Where", "位置"),
    "flapping": Name(
        "It comes and goes: it counts as over only after a longer quiet time.",
        "该告警反复出现,需较长时间平稳后才视为恢复。",
    ),
    "corrected": Name("Readings that came late brought it to light.", "由迟到的数据更正得出。"),
    "further": Name("further", "其余"),
    "colon": Name(": ", ":"),
    "comma": Name(", ", ","),
    "unknown": Name("not known", "未知"),
}
_FIGURES: Mapping[str, Name] = {
    "so far": Name("Demand so far", "本时段已达需量"),
    "contract": Name("Contract demand", "合同需量"),
    "breach in": Name("Contract broken in", "预计超限剩余时间"),
    "usual": Name("Usual at this hour", "同时段常值"),
    "missing": Name("Reactive power missing", "缺少的无功补偿"),
    "month's factor": Name("Power factor of the month so far", "本月至今功率因数"),
    "cost so far": Name("It has cost so far this month", "本月至今力调电费"),
    "cost this month": Name("It will cost this month, going on like this", "照此本月力调电费"),
}
"""Further figures, whose names a unit follows."""
_LONG_S = 120.0
_SPANS: Mapping[str, tuple[str, str, str]] = {"en": (" h", " min", " s"), "zh": ("小时", "分", "秒")}
_COUNTS: Mapping[str, Callable[[int], str]] = {
    "en": lambda n: f"{n} alert" if n == 1 else f"{n} alerts",
    "zh": lambda n: f"{n}条告警",
}


def message(
    key: str,
    notices: Sequence[Notice],
    language: Language,
    zone: ZoneInfo,
    *,
    passed_on: bool = False,
    away_us: int | None = None,
) -> Message:
    """One for all; of a rule with more than its `storm` of them only the number and the first are told.

    `passed_on`: because nobody acknowledged; `away_us`: since when the database has not answered.
    """
    speaker = _Speaker(language, zone)
    rules: dict[str, list[Notice]] = {}
    for notice in sorted(notices, key=lambda notice: notice.at_us):
        rules.setdefault(notice.rule, []).append(notice)
    parts = [*([speaker.open] if passed_on else [])]
    parts += [part for alike in rules.values() for part in speaker.of_rule(alike)]
    parts += [] if away_us is None else [speaker.away(away_us)]
    return Message(key, language, speaker.subject(notices), "\n\n".join(parts) + "\n", tuple(notices))


def plain(text: str, longest: int = _LONGEST_NAME) -> str:
    """In one line, without signs that steer a terminal, a header or the direction of writing."""
    kept = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def number(value: float | None) -> str:
    """As short as four digits behind the first one allow."""
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 1e4 else f"{value:.5g}"  # noqa: PLR2004  # no exponents for what people measure


class _Speaker:
    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self._language = language
        self._zone = zone

    @property
    def open(self) -> str:
        return self._word("open")

    def away(self, since_us: int) -> str:
        return self._word("away").format(since=self._moment(since_us))

    def subject(self, notices: Sequence[Notice]) -> str:
        first = max(notices, key=lambda notice: (notice.what != "resolved", _RANKS.index(notice.severity)))
        head = f"[{self._word(first.severity)}] {self._name(first.rule_name)}"
        if len(notices) > 1 and len({notice.rule for notice in notices}) == 1:
            return plain(f"{head}{self._word('colon')}{self._count(len(notices))}", _LONGEST_SUBJECT)
        told = f"{head}{self._word('colon')}{self._subject_of(first)} {self._happened(first)}"
        if first.gone:
            pass
        elif first.what == "resolved":
            told += f"{self._word('comma')}{self._word('lasted').lower()} {self._lasted(first)}"
        elif first.value is not None:
            told += f"{self._word('comma')}{self._figures(first)}"
        if len(notices) > 1:
            rest = self._count(len(notices) - 1)
            told += f"{self._word('comma')}{self._word('further')} {rest}"
        return plain(told, _LONGEST_SUBJECT)

    def of_rule(self, notices: Sequence[Notice]) -> Iterator[str]:
        """In the order in which they came."""
        most = max(notice.storm for notice in notices)
        if len(notices) <= most:
            yield from ("\n".join(self._lines(notice)) for notice in notices)
            return
        yield "\n".join(self._storm(notices))

    def _storm(self, notices: Sequence[Notice]) -> Iterator[str]:
        first, last = notices[0], notices[-1]
        yield f"{self._name(first.rule_name)}{self._word('colon')}{self._count(len(notices))}"
        whats = [notice.what for notice in notices]
        yield self._word("comma").join(
            f"{self._word(what)} {whats.count(what)}" for what in dict.fromkeys(whats)
        )
        between = f"{self._moment(first.at_us)} … {self._moment(last.at_us)}"
        yield f"{self._word('at')}{self._word('colon')}{between}"
        named = [self._subject_of(notice) for notice in notices[:5]]
        yield self._word("comma").join([*named, "…"])
        yield from filter(None, [first.link])

    def _lines(self, notice: Notice) -> Iterator[str]:
        colon = self._word("colon")
        yield (
            f"[{self._word(notice.severity)}] {self._name(notice.rule_name)}{colon}"
            f"{self._subject_of(notice)} {self._happened(notice)}"
        )
        if notice.what == TEST:
            yield f"{self._word('at')}{colon}{self._moment(notice.at_us)}"
            return
        if notice.area_name is not None:
            yield f"{self._word('area')}{colon}{self._name(notice.area_name)}"
        if not notice.gone:
            yield self._figures(notice, headed=True)
        yield f"{self._word('since')}{colon}{self._moment(notice.since_us)}"
        over = notice.what == "resolved" and not notice.gone
        yield f"{self._word('ended' if over else 'at')}{colon}{self._moment(notice.at_us)}"
        if over:
            yield f"{self._word('lasted')}{colon}{self._lasted(notice)}"
        yield from self._tariff(notice)
        yield from (
            f"{self._further(name)}{colon}{self._amount(value, _unit(name))}"
            for name, value in notice.more.items()
            if number(value)
        )
        told = {"flapping": notice.flapping, "corrected": notice.corrected, "removed": notice.gone}
        yield from (self._word(word) for word, holds in told.items() if holds)
        if notice.advice is not None and notice.what != "resolved":
            yield f"{self._word('advice')}{colon}{self._line(notice.advice)}"
        yield from filter(None, [notice.link])

    def _happened(self, notice: Notice) -> str:
        return self._word("gone" if notice.gone else notice.what)

    def _figures(self, notice: Notice, *, headed: bool = False) -> str:
        value, limit = self._measured(notice.value, notice), self._measured(notice.limit, notice)
        told = value or self._word("unknown")
        if headed:
            head = self._name(notice.figure) if notice.figure else self._word("value")
            told = f"{head}{self._word('colon')}{told}"
        if limit:
            told += f"{self._word('comma')}{self._word('limit')} {limit}"
        return told

    def _measured(self, value: float | None, notice: Notice) -> str:
        if notice.share:
            return self._amount(None if value is None else 100.0 * value, "%")
        return self._amount(value, notice.unit)

    def _amount(self, value: float | None, unit: str) -> str:
        """Long times in hours and minutes; "" for what is not known."""
        told = number(value)
        if told and value is not None and unit == "s" and value >= _LONG_S:
            return self._span(value)
        return f"{told} {unit.removeprefix('1')}".rstrip() if told else ""

    def _lasted(self, notice: Notice) -> str:
        return self._span((notice.at_us - notice.since_us) / 1e6)

    def _span(self, seconds: float) -> str:
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        units = _SPANS[self._language]
        parts = [f"{n}{unit}" for n, unit in zip((hours, minutes, rest), units, strict=True) if n]
        return (" " if self._language == "en" else "").join(parts or [f"0{units[-1]}"])

    def _further(self, name: str) -> str:
        known = _figure(name)
        return _FIGURES[known].by(self._language) if known else plain(name)

    def _tariff(self, notice: Notice) -> Iterator[str]:
        if notice.band is not None:
            priced = f" {notice.price:.4f} {notice.currency}/kWh" if notice.price is not None else ""
            yield f"{self._word('band')}{self._word('colon')}{self._name(notice.band)}{priced}"

    def _subject_of(self, notice: Notice) -> str:
        name, code = self._name(notice.subject_name), plain(notice.subject)
        return name if name == code else f"{name} ({code})"

    def _moment(self, us: int) -> str:
        return f"{local(us, self._zone):%Y-%m-%d %H:%M:%S}"

    def _count(self, count: int) -> str:
        return _COUNTS[self._language](count)

    def _name(self, name: Name) -> str:
        return plain(name.by(self._language) or name.en or name.zh)

    def _line(self, text: Name) -> str:
        return plain(text.by(self._language) or text.en or text.zh, _LONGEST_SUBJECT)

    def _word(self, word: str) -> str:
        return _WORDS[word].by(self._language) if word in _WORDS else plain(word)


_RANKS = ("info", "warning", "critical")


def _figure(name: str) -> str:
    """Which of the known further figures it is, "" for none."""
    return next((known for known in _FIGURES if f"{name} ".startswith(f"{known} ")), "")


def _unit(name: str) -> str:
    return plain(name.removeprefix(_figure(name))) if _figure(name) else ""
