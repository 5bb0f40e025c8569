"""Readings that cannot be right, and readings that were lost."""

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accounting.prices import Label
from accounting.quantity import CATALOGUE
from alerts.amounts import Seconds, Share
from alerts.look import Look
from alerts.park import Park
from alerts.rule import Rule as AnyRule
from alerts.rule import Told
from alerts.verdict import Kind, Subjects, Verdict, simple

_RESET_S = 600.0
_FIGURES = {
    "reset": Label("Counter shows", "计数读数"),
    "gap": Label("Without a reading for", "无读数时长"),
    "clock": Label("Its clock runs ahead by", "时钟超前"),
    "drops": Label("Messages and rows lost", "丢失的消息与行"),
}
_SPOOL = Told(
    Label("Readings wait on the disk, full to", "读数积压于磁盘,占用"),
    Label(
        "The database takes no readings: look whether it runs, and at its disk.",
        "数据库未接收读数:请检查其运行与磁盘。",
    ),
    share=True,
)
_AWAY = Told(
    Label("The database has not answered for", "数据库无响应时长"),
    Label(
        "Readings are kept on the disk meanwhile: look whether it runs, at its disk and the way there.",
        "读数暂存于磁盘:请检查数据库是否运行、其磁盘与网络。",
    ),
    share=False,
)
_OF_THE_PARK = frozenset({"spool", "database"})
_OF_NOW = _OF_THE_PARK | {"drops"}


class Rule(AnyRule):
    """Fires at one sign of bad data.

    reset: a counter shows less than ten minutes ago. gap: the last two readings lie further apart than `gap`.
    clock: a reading bears a time that lies ahead. spool: readings wait on the disk. drops: a source's broker
    gave up messages, or rows were given up here, within ten minutes. database: it does not answer for longer
    than `away`.
    """

    remedy: ClassVar[Label] = Label(
        "Check the meter and what reads it; its figures are uncertain until then.",
        "请检查表计及其采集;此前数据存疑。",
    )

    kind: Literal["data_quality"]
    sign: Literal["reset", "gap", "clock", "spool", "drops", "database"]
    counter: Literal["energy_import", "energy_export"] = "energy_import"
    gap: Seconds = Field(600.0, ge=20)
    ahead: Seconds = 60.0
    full: Share = Field(0.5, gt=0, le=1)
    """Of the spool."""
    drops: int = Field(0, ge=0)
    """Messages and rows that may be lost."""
    away: Seconds = 10.0

    @property
    def unit(self) -> str:
        return {"reset": CATALOGUE[self.counter].unit, "spool": "1", "drops": ""}.get(self.sign, "s")

    def told_as(self) -> Told:
        told = super().told_as()
        if self.sign in _OF_THE_PARK:
            known = _SPOOL if self.sign == "spool" else _AWAY
            return replace(known, advice=self.advice or known.advice)
        return replace(told, figure=_FIGURES[self.sign])

    @property
    def replayed(self) -> bool:
        return self.sign not in _OF_NOW

    @property
    def unread(self) -> bool:
        return self.sign in _OF_THE_PARK

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset({self.counter} if self.sign == "reset" else ())

    @property
    def apart(self) -> bool:
        return self.sign not in _OF_NOW

    def subjects(self, park: Park) -> Subjects:
        if self.sign in _OF_THE_PARK:
            return Subjects(Kind.PARK, (park.root,), np.zeros(1, np.intp))
        if self.sign == "drops":
            return self.sources(park)
        return super().subjects(park)

    @property
    def at_once(self) -> bool:
        return self.sign == "reset"

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        value, limit = self._shown(look, subjects)
        over = value < limit if self.sign == "reset" else value > limit
        return simple(over, ~over, value, limit)

    def _shown(self, look: Look, subjects: Subjects) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The value and what it is held against; NaN where there is nothing to judge."""
        window, n = look.window, len(subjects)
        if self.sign == "reset":
            shown, before = look.value(self.counter), look.before(self.counter, _RESET_S)
            return shown[..., subjects.at], before[..., subjects.at]
        if self.sign == "gap":
            return window.gap_s[subjects.at], np.full(n, self.gap)
        if self.sign == "clock":
            return window.ahead_s[subjects.at], np.full(n, self.ahead)
        if self.sign == "drops":
            lost = [look.beside.dropped.get(code, np.nan) for code in subjects.codes]
            return np.array(lost, np.float64), np.full(n, float(self.drops))
        if self.sign == "database":
            return np.full(n, look.beside.away_s), np.full(n, self.away)
        return np.full(n, look.beside.spool_share), np.full(n, self.full)
