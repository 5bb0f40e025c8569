"""What became of alerts, and where that is kept: each change with an identity that stays the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alerts.rule import Severity
from alerts.verdict import Kind
from alerts.window import Rows


class What(StrEnum):
    """What happened to an alert."""

    FIRED = "fired"
    RAISED = "raised"
    """A higher stage was reached."""
    REVEALED = "revealed"
    """It goes on, and what kept it quiet has ended."""
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    """A person takes care of it."""
    COMMENTED = "commented"
    STORMED = "stormed"
    """More alerts of one rule at once than are told one by one; the value is their number."""


class Quiet(StrEnum):
    """Why nobody is to be told."""

    NO = ""
    SOURCE = "source"
    """Its meter's source has an alert of its own."""
    SILENCE = "silence"
    MAINTENANCE = "maintenance"
    STORM = "storm"
    """It is one of the number that a `stormed` tells."""
    GONE = "gone"
    """Its rule or its subject is no more."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert is about."""

    kind: Kind
    code: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}"


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of one alert; rule, subject and `fired_us` are its alert's identity."""

    rule: str
    subject: Subject
    what: What
    at_us: int
    since_us: int
    """When the condition began."""
    fired_us: int
    severity: Severity
    stage: int
    value: float
    """NaN: not known."""
    limit: float
    unit: str
    flapping: bool = False
    corrected: bool = False
    """Late readings brought it."""
    quiet: Quiet = Quiet.NO
    band: str = ""
    """The tariff band that holds, where the rule looks at it."""
    by: str = ""
    """The person, where it was one."""
    note: str = ""
    """What the person wrote."""
    more: Mapping[str, float] = field(default_factory=dict)
    """Further figures, by name with unit, such as "cost CNY"."""

    @property
    def alert(self) -> str:
        """The identity of the alert."""
        return f"{self.rule}/{self.subject}/{self.fired_us}"

    @property
    def id(self) -> str:
        """The same whenever this change is told: what a receiver knows a repetition by."""
        return f"{self.alert}/{self.what}/{self.stage}/{self.at_us}"


@dataclass(frozen=True, slots=True)
class Open:
    """An alert that is not over, as the journal has it."""

    rule: str
    subject: Subject
    stage: int
    since_us: int
    fired_us: int
    flapping: bool
    quiet: Quiet
    told: bool
    """Whether somebody was."""

    @property
    def alert(self) -> str:
        """Its identity, as that of its changes."""
        return f"{self.rule}/{self.subject}/{self.fired_us}"


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a worker that begins has to know."""

    open: Sequence[Open]
    fired: Sequence[tuple[str, Subject, int]]
    """When alerts fired of late, [us], the oldest first: by that flapping is told."""
    evaluated_us: int
    """The last moment that was judged; 0: none was."""


class Journal(Protocol):
    """Where the state of alerts is kept; what it has taken survives a crash."""

    def lease(self, holder: str) -> bool:
        """Whether `holder` is the one that evaluates from now on, for a while."""
        ...

    def release(self, holder: str) -> None: ...

    def recall(self, since_us: int) -> Recalled:
        """Open alerts, and those that fired since."""
        ...

    def keep(self, holder: str, transitions: Sequence[Transition], evaluated_us: int) -> None:
        """In one step; what stands already stays as it is. Raises LeaseLost."""
        ...


class Newest(Rows, Protocol):
    """The last reading of meters."""

    @property
    def change(self) -> NDArray[np.int64]:
        """Grows with every flush."""
        ...


class Late(Protocol):
    """Ranges [lo, hi] of meters whose readings came after newer ones, columns of one length."""

    @property
    def meter_id(self) -> NDArray[np.int32]: ...
    @property
    def lo(self) -> NDArray[np.int64]:
        """int64[n] [us]."""
        ...

    @property
    def hi(self) -> NDArray[np.int64]:
        """int64[n] [us]."""
        ...


class History(Protocol):
    """Where readings are found."""

    def late(self, since_us: int) -> Late:
        """What came late since it was asked last, and does not lie before `since_us`."""
        ...

    def newest(self, change: int, quantities: Sequence[str]) -> Newest:
        """The last readings that came after `change`, with these quantities."""
        ...

    def fresh(self, quantities: Sequence[str]) -> Newest:
        """Readings that came since, as far as this process took them in; they come once more later."""
        ...

    def readings(self, meters: NDArray[np.int32], lo_us: int, hi_us: int, quantities: Sequence[str]) -> Rows:
        """Of [lo, hi), by meter and time."""
        ...
