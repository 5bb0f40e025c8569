"""A gateway, broker or line that is gone, with all that is read through it."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from accounting.prices import Label
from alerts.look import Look
from alerts.park import Park
from alerts.rule import Rule as AnyRule
from alerts.verdict import Subjects, Verdict
from alerts.window import NEVER


class Rule(AnyRule):
    """Fires when a source has no connection, or every one of its meters fails or is silent.

    Alerts about the silence of its meters are kept quiet meanwhile.
    """

    ends_its_meters: ClassVar[bool] = True
    rank: ClassVar[int] = 0

    figure: ClassVar[Label] = Label("Share of its meters that answer", "有应答的表计比例")
    remedy: ClassVar[Label] = Label(
        "Check the gateway's or broker's power and network; its meters' readings are missing until then.",
        "请检查网关或消息服务器的电源与网络;恢复前其表计数据缺失。",
    )
    share: ClassVar[bool] = True

    kind: Literal["source_down"]

    @property
    def replayed(self) -> bool:
        return False

    @property
    def unread(self) -> bool:
        return True

    @property
    def apart(self) -> bool:
        return False

    def subjects(self, park: Park) -> Subjects:
        return self.sources(park)

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        """The value is the share of its meters that answer; a source that never answered is unknown."""
        age_us = _age_us(look)
        fresh_us, listened_us = look.window.fresh_us, look.now_us - look.window.begun_us
        failing = np.array([code in look.beside.failing_meters for code in look.park.codes], np.bool_)
        line = np.array([code in look.beside.failing_sources for code in subjects.codes], np.bool_)
        dead = failing | (np.minimum(age_us, listened_us) > fresh_us)
        alive = ~failing & (age_us <= fresh_us)
        members = look.park.source == subjects.at[:, None]
        answering = (members & alive).sum(axis=1)
        silent = (members & dead).any(axis=1) & ~(members & ~dead & ~np.isnan(age_us)).any(axis=1)
        down, well = line | silent, ~line & (answering > 0)
        share = np.where(line, 0.0, answering / np.maximum(members.sum(axis=1), 1))
        return Verdict(down.astype(np.int8), well, down | well, share, np.full(len(subjects), np.nan))


def _age_us(look: Look) -> NDArray[np.float64]:
    """Since each meter was heard of, by readings or by whoever reads it, float64[m] [us]; NaN: never."""
    held = np.where(look.window.time == NEVER, np.nan, look.window.time.astype(np.float64))
    heard = [look.beside.heard_us.get(code, np.nan) for code in look.park.codes]
    age: NDArray[np.float64] = look.now_us - np.fmax(held, np.array(heard, np.float64))
    return np.maximum(age, 0.0)
