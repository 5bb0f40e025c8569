"""What every rule says: whom it concerns, how long a state has to last, how it is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from accounting.prices import Label
from accounting.quantity import Carrier
from alerts.amounts import Seconds
from alerts.look import Look
from alerts.park import Park
from alerts.verdict import Kind, Subjects, Verdict

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]
LONGEST_S = 3600.0
"""What the window in memory holds: nothing can be held for longer."""


class Frozen(BaseModel):
    """What a YAML file says; a field that nobody knows is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Where(Frozen):
    """Which meters a rule concerns: those that fit everything that is named; nothing named, all."""

    meters: tuple[Code, ...] = ()
    areas: tuple[Code, ...] = ()
    """And whatever stands in them."""
    sources: tuple[Code, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    roles: tuple[str, ...] = ()

    def picks(self, park: Park) -> NDArray[np.bool_]:
        """bool[m]."""
        return np.array([self._fits(park, at) for at in range(len(park))], np.bool_)

    def _fits(self, park: Park, at: int) -> bool:
        source = park.sources[park.source[at]] if park.source[at] >= 0 else ""
        return (
            (not self.meters or park.codes[at] in self.meters)
            and (not self.areas or not park.within[at].isdisjoint(self.areas))
            and (not self.sources or source in self.sources)
            and (not self.carriers or park.carrier[at] in self.carriers)
            and (not self.roles or park.role[at] in self.roles)
        )


class Flapping(Frozen):
    """An alert that fires so often within a time stays open until all has been well for that time."""

    times: int = Field(default=4, ge=2, le=20)
    within: Seconds = 1800.0


@dataclass(frozen=True, slots=True)
class Told:
    """What a value is called, what to do about it, and whether it is a share of one."""

    figure: Label
    advice: Label
    share: bool


class Rule(Frozen):
    """Each kind adds its parameters, and judges."""

    hidden_by_source: ClassVar[bool] = False
    """Whether an alert of it is no news while its meter's source is down."""
    ends_its_meters: ClassVar[bool] = False
    """Whether its subjects are sources, whose meters are silent while it fires."""
    rank: ClassVar[int] = 1
    """Rules of a lower one are judged first, as far as none is a part of the other."""
    figure: ClassVar[Label] = Label("Value", "数值")
    """What the value is."""
    remedy: ClassVar[Label] = Label("", "")
    """What whoever is told had better do."""
    share: ClassVar[bool] = False
    """Whether value and limit are shares of one."""

    kind: str
    code: Code
    name: Label
    advice: Label | None = None
    """What whoever is told is to do, in place of what the kind says."""
    active: bool = True
    """False switches it off, as one that the program brings along."""
    severity: Severity = Severity.WARNING
    since: date | None = Field(None, alias="from")
    """First day in the park's zone; of several editions with one code the one that began last holds."""
    to: date | None = None
    """Last day."""
    where: Where = Where()
    hold: Seconds = Field(0.0, le=LONGEST_S)
    """How long its condition lasts before it fires."""
    clear: Seconds = Field(0.0, le=LONGEST_S)
    """How long all is well before it is over."""
    flapping: Flapping = Flapping()
    storm: int = Field(20, ge=1)
    """Of more alerts than this at once only the number is told."""

    @property
    def unit(self) -> str:
        """Of value and limit."""
        return ""

    def told_as(self) -> Told:
        """How its alerts are put into words."""
        return Told(self.figure, self.advice or self.remedy, self.share)

    @property
    def quantities(self) -> frozenset[str]:
        """What has to be kept in memory for it."""
        return frozenset()

    @property
    def depth_s(self) -> float:
        """How far back it looks [s]."""
        return 0.0

    @property
    def replayed(self) -> bool:
        """Whether recorded readings alone tell how things stood."""
        return True

    @property
    def unread(self) -> bool:
        """Whether it can be judged while no reading can be had."""
        return False

    @property
    def at_once(self) -> bool:
        """Whether it can judge many moments at once; its figures then are [k, n]."""
        return False

    @property
    def apart(self) -> bool:
        """Whether it looks at each meter of `where` by itself, and at nothing else."""
        return True

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Of its stages, from 1 on."""
        return (self.severity,)

    def subjects(self, park: Park) -> Subjects:
        """The meters of `where`."""
        found = np.flatnonzero(self.where.picks(park))
        return Subjects(Kind.METER, tuple(park.codes[at] for at in found.tolist()), found)

    def sources(self, park: Park) -> Subjects:
        """Those that a meter of `where` is read from."""
        picked = self.where.picks(park)
        read = [at for at in range(len(park.sources)) if (picked & park.members(at)).any()]
        return Subjects(Kind.SOURCE, tuple(park.sources[at] for at in read), np.array(read, np.intp))

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        """How things stand at the moment of the look."""
        raise NotImplementedError

    def named(self) -> Iterator[tuple[str, str, str]]:
        """(field, what, code) for everything that it names of the site, the tariffs and other rules."""
        for what in ("meters", "areas", "sources"):
            for index, code in enumerate(getattr(self.where, what)):
                yield f"where.{what}[{index}]", what.removesuffix("s"), code

    def holds(self, day: date) -> bool:
        return self.active and (self.since or date.min) <= day <= (self.to or date.max)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.to and self.to < self.since:
            raise ValueError(f"to: {self.to} lies before from {self.since}")
        if self.depth_s > LONGEST_S:
            raise ValueError(f"looks back {self.depth_s:g} s, the window holds {LONGEST_S:g} s")
        return self
