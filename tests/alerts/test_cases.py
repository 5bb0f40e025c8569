"""Every case of `cases/`: readings as they come, and what becomes of alerts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import yaml
from small_park import START_US, STEP_US, Memory, Readings, make_park

from alerts.errors import LeaseLost
from alerts.journal import Transition, What
from alerts.kinds import kinds, read_rule
from alerts.look import Circumstances, MonthFactor
from alerts.machine import Phase
from alerts.park import Park
from alerts.watch import Watch

T = TypeVar("T")
FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
_TERM = re.compile(r"(?P<value>_|-?\d+(?:\.\d+)?)(?:(?P<rise>[+-]\d+(?:\.\d+)?))?(?:x(?P<times>\d+))?")


@dataclass(frozen=True)
class Case:
    """`series` hold a value every 10 s; `expect` states at moments; `changes` is everything that is told."""

    name: str
    park: Mapping[str, Mapping[str, Any]]
    rules: list[Mapping[str, Any]]
    series: Mapping[str, Mapping[str, str]]
    changes: list[str] | None = None
    expect: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    restarts: list[str] = field(default_factory=list)
    """Another process goes on, with what the journal holds."""
    crashes: list[str] = field(default_factory=list)
    """The process ends between a change and the journal, and another one goes on."""
    begins: str = "0 s"
    """The first evaluation."""
    down: str = ""
    """No process from the first to the second [s], then another one."""
    failing_meters: Mapping[str, str] = field(default_factory=dict)
    """Meter -> "from to" [s]."""
    failing_sources: Mapping[str, str] = field(default_factory=dict)
    bands: Mapping[str, str] = field(default_factory=dict)
    """Band of the tariff from each moment on."""
    spool: Mapping[str, float] = field(default_factory=dict)
    """How full it is from each moment on."""
    dropped: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What each source lost of late, from each moment on."""
    month: Mapping[str, Any] | None = None
    """What the power factor does to the month's bill."""
    more: Mapping[str, Mapping[str, float]] | None = None
    """Subject -> the further figures that it fired with."""
    usual: Mapping[str, float] = field(default_factory=dict)
    """Meter -> its usual power [kW]."""
    late: Mapping[str, str] = field(default_factory=dict)
    """Meter -> "from to at" [s]: its readings of the first two come at the third only."""
    ahead: Mapping[str, int] = field(default_factory=dict)
    """Meter -> by how much its clock runs ahead [s]."""

    def number(self, meter: str) -> int:
        return list(self.park).index(meter) + 1


def _cases() -> Iterator[Any]:
    for path in FILES:
        document = yaml.safe_load(path.read_text("utf-8"))
        for case in document["cases"]:
            yield pytest.param(
                Case(**{**document.get("common", {}), **case}), id=f"{path.stem}: {case['name']}"
            )


def series(text: str) -> list[float]:
    """`100x6 _x3 400+10x5` reads: six times 100, three times no reading, five values from 400 up by 10."""
    found: list[float] = []
    for word in str(text).split():
        term = _TERM.fullmatch(word)
        assert term is not None, f"{word!r} is no term of a series"
        value = np.nan if term["value"] == "_" else float(term["value"])
        found += [value + step * float(term["rise"] or 0) for step in range(int(term["times"] or 1))]
    return found


def readings(case: Case) -> Readings:
    history = Readings()
    for number, code in enumerate(case.park, start=1):
        columns = {name: series(text) for name, text in case.series.get(code, {}).items()}
        for at in range(max(map(len, columns.values()), default=0)):
            values = {
                name: column[at]
                for name, column in columns.items()
                if at < len(column) and not np.isnan(column[at])
            }
            if values:
                late = case.ahead.get(code, 0) * 1_000_000
                history.rows.append((number, START_US + at * STEP_US + late, values))
    return history


class Crashing(Memory):
    """A journal that a process does not reach any more."""

    def keep(self, *_: object) -> None:
        raise ConnectionError("the process was killed")


def _within(spans: Mapping[str, str], at_s: int) -> frozenset[str]:
    found = set()
    for code, span in spans.items():
        first, last = map(int, span.split())
        if first <= at_s < last:
            found.add(code)
    return frozenset(found)


def _since(steps: Mapping[str, T], at_s: int, default: T) -> T:
    begun = [value for moment, value in steps.items() if int(moment.removesuffix(" s")) <= at_s]
    return begun[-1] if begun else default


class Banded(Park):
    """A park whose bands the case tells."""

    bands: Mapping[str, str]

    @classmethod
    def of(cls, park: Park, bands: Mapping[str, str]) -> "Banded":
        made = cls(**{name: getattr(park, name) for name in Park.__slots__})
        object.__setattr__(made, "bands", bands)
        return made

    def band_at(self, us: int) -> str:
        return _since(self.bands, (us - START_US) // 1_000_000, "")


def _told(transition: Transition) -> str:
    parts = [
        f"{(transition.at_us - START_US) // 1_000_000} s",
        transition.rule,
        str(transition.subject.code),
        str(transition.what),
    ]
    if transition.stage > 1:
        parts.append(f"stage {transition.stage}")
    parts += [name for name in ("flapping", "corrected") if getattr(transition, name)]
    if transition.quiet:
        parts.append(f"({transition.quiet})")
    return " ".join(parts)


class Run:
    """A case as it goes."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.park = Banded.of(make_park(case.park), case.bands)
        self.rules = [
            read_rule({"name": {"en": rule["code"], "zh": rule["code"]}, **rule}) for rule in case.rules
        ]
        self.history = readings(case)
        self.history.lead_us = {case.number(code): s * 1_000_000 for code, s in case.ahead.items()}
        self.history.held = {
            case.number(code): tuple(START_US + int(s) * 1_000_000 for s in span.split())
            for code, span in case.late.items()
        }
        self.journal = Memory()
        self.process = 0
        self.watch = self.begun()
        self.length = max(len(series(t)) for columns in case.series.values() for t in columns.values())

    def begun(self) -> Watch:
        self.process += 1
        self.journal.holder = ""
        name = f"process {self.process}"
        return Watch(self.journal, self.history, name, self.park, self.rules, budget_s=np.inf)

    def idle(self, at_s: int) -> bool:
        if at_s < int(self.case.begins.removesuffix(" s")):
            return True
        first, last = map(int, self.case.down.split() or (-1, -1))
        if at_s == last:
            self.watch = self.begun()
        return first <= at_s < last

    def tick(self, at_s: int) -> None:
        now = START_US + at_s * 1_000_000
        self.history.until_us = now
        beside = Circumstances(
            _within(self.case.failing_meters, at_s),
            _within(self.case.failing_sources, at_s),
            spool_share=_since(self.case.spool, at_s, float("nan")),
            dropped=_since(self.case.dropped, at_s, {}),
            month_factor=MonthFactor(**self.case.month) if self.case.month else None,
            usual_kw=self.case.usual,
        )
        if f"{at_s} s" in self.case.crashes:
            self._crash(now, beside)
            self.watch = self.begun()
        elif f"{at_s} s" in self.case.restarts:
            self.watch = self.begun()
        self.watch.tick(now, beside)

    def _crash(self, now: int, beside: Circumstances) -> None:
        kept = self.watch._journal
        self.watch._journal = Crashing()
        with pytest.raises((ConnectionError, LeaseLost)):
            self.watch.tick(now, beside)
        self.watch._journal = kept

    def state(self, rule: str, subject: str) -> str:
        watched = self.watch.engine.watched[rule]
        at = watched.subjects.codes.index(subject)
        phase = Phase(watched.states.phase[at])
        text = phase.name.lower()
        staged = phase is Phase.FIRING and watched.states.stage[at] > 1
        return f"{text} {watched.states.stage[at]}" if staged else text


@pytest.mark.parametrize("case", list(_cases()))
def test_case(case: Case) -> None:
    run = Run(case)
    seen: dict[str, dict[str, str]] = {}
    for number in range(run.length):
        moment = f"{number * 10} s"
        if run.idle(number * 10):
            continue
        run.tick(number * 10)
        wanted = case.expect.get(moment, {})
        seen[moment] = {who: run.state(*who.split()) for who in wanted}
    assert {moment: seen.get(moment) for moment in case.expect} == dict(case.expect)
    failing = {code: w.health.last_error for code, w in run.watch.engine.watched.items() if w.health.failing}
    assert not failing
    if case.changes is not None:
        assert [_told(each) for each in run.journal.kept] == case.changes
    if case.more is not None:
        fired = {str(each.subject.code): each.more for each in run.journal.kept if each.what is What.FIRED}
        known = {code: {k: v for k, v in more.items() if not np.isnan(v)} for code, more in fired.items()}
        assert known == {code: pytest.approx(more, rel=1e-3) for code, more in case.more.items()}


def test_every_kind_has_cases() -> None:
    assert {path.stem for path in FILES} >= set(kinds())
