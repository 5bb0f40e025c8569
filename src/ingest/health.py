"""How sources and their meters are doing: counts, last success, last error, latency."""

import logging
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ingest.errors import (
    IngestError,
    LineDown,
    PayloadError,
    SourceError,
    StoreUnavailable,
    UnitRefuses,
    UnitSilent,
)
from ingest.rate import Rate

_log = logging.getLogger("ingest")
_KEPT_ASIDE = 50
_MOST_STRANGERS = 300
_LONGEST_NAME = 200


class Cause(StrEnum):
    """What kind of failure it was, for whoever explains it to a person."""

    UNREACHABLE = "unreachable"
    """No connection to the source."""
    SILENT = "silent"
    """Connected, but nothing answers for this meter."""
    REFUSED = "refused"
    """The device answers that it cannot."""
    UNREADABLE = "unreadable"
    """What came cannot be read."""
    STORE = "store"
    """What came could not be made durable."""
    SOURCE = "source"
    """The source failed in another way."""
    FAULT = "fault"
    """A mistake of the program."""


_CAUSES: dict[type[IngestError], Cause] = {
    LineDown: Cause.UNREACHABLE,
    UnitSilent: Cause.SILENT,
    UnitRefuses: Cause.REFUSED,
    PayloadError: Cause.UNREADABLE,
    StoreUnavailable: Cause.STORE,
    SourceError: Cause.SOURCE,
}


def cause_of(error: Exception) -> Cause:
    return next((cause for kind, cause in _CAUSES.items() if isinstance(error, kind)), Cause.FAULT)


@dataclass(slots=True, eq=False)
class Health:
    """One source or one meter. Times are [s since 1970]; a change of state is logged once."""

    name: str
    reads: int = 0
    failures: int = 0
    last_success: float | None = None
    last_failure: float | None = None
    last_error: str = ""
    last_cause: Cause | None = None
    next_attempt: float | None = None
    """When a silent one is asked again; None while it is asked as planned."""
    latency: float | None = None
    """Of the last read [s]."""
    identity: Mapping[str, str] = field(default_factory=dict)
    """Who the device says it is: manufacturer, model, version, serial."""
    rate: Rate = field(default_factory=Rate)
    failing: bool = False
    incomplete: bool = False
    """The last read brought values, and parts of it were refused: the last error names them."""
    quiet: bool = False
    """The log did not tell of the failure."""

    def succeeded(self, at: float, latency: float | None = None, reads: int = 1) -> None:
        self._came(at, latency, reads)
        if self.incomplete:
            self.incomplete = False
            _log.info("%s answers all that it is asked again", self.name)

    def succeeded_in_part(self, at: float, error: Exception, latency: float | None = None) -> None:
        """Values came, but for those that the error names."""
        self._came(at, latency, 1)
        self._note(at, error)
        if not self.incomplete:
            self.incomplete = True
            _log.warning("%s answers in part: %s", self.name, self.last_error)

    def _came(self, at: float, latency: float | None, reads: int) -> None:
        self.reads += reads
        self.rate.add(at, reads)
        self.last_success = at
        self.next_attempt = None
        self.latency = latency if latency is not None else self.latency
        if self.failing:
            self.failing = False
            _log.log(logging.DEBUG if self.quiet else logging.INFO, "%s answers again", self.name)

    def failed(self, at: float, error: Exception, *, quiet: bool = False) -> None:
        """Counts a failure; `quiet` when the log tells of its cause already."""
        self.failures += 1
        self.incomplete = False
        self._note(at, error)
        if not self.failing:
            self.failing, self.quiet = True, quiet
            level = logging.DEBUG if quiet else logging.WARNING
            _log.log(level, "%s fails: %s", self.name, self.last_error)

    def _note(self, at: float, error: Exception) -> None:
        self.last_failure = at
        self.last_error = str(error) or type(error).__name__
        self.last_cause = cause_of(error)


@dataclass(frozen=True, slots=True)
class Aside:
    """Something from outside that could not be read, as it came (cut at 200 characters)."""

    at: float
    origin: str
    reason: str
    content: str


@dataclass(slots=True, eq=False)
class Stranger:
    """A meter that sends and that no site declares."""

    times: int = 0
    last: float = 0.0
    """When it was last heard of [s since 1970]."""


@dataclass(frozen=True, slots=True)
class DropCount:
    """What a counter of a broker showed."""

    count: int
    """Since the broker started."""
    heard: float
    """When it showed that first [s since 1970]."""


@dataclass(slots=True, eq=False)
class SourceHealth:
    """A source, its meters, and what it could not use."""

    source: str
    kind: str
    line: Health
    meters: dict[str, Health]
    lost: int = 0
    """Rows given up while nothing could make them durable."""
    gap: tuple[float, float] | None = None
    """The first and the last time of the rows given up [s since 1970]."""
    waiting: int = 0
    """Rows kept for the next attempt."""
    refused: int = 0
    """Payloads and rows that could not be read."""
    drops: dict[str, DropCount] = field(default_factory=dict)
    """Counter of its broker -> messages that it says it gave up before they came here."""
    aside: deque[Aside] = field(default_factory=lambda: deque(maxlen=_KEPT_ASIDE))
    """The newest of the refused."""
    strangers: dict[str, Stranger] = field(default_factory=dict)
    """By the code, topic or address under which they send; the first few hundred."""

    @property
    def dropped(self) -> int:
        """Messages that its broker says it gave up."""
        return sum(each.count for each in self.drops.values())

    @property
    def answering(self) -> int:
        """Meters whose last read succeeded."""
        return sum(meter.last_success is not None and not meter.failing for _, meter in self.known())

    def known(self) -> tuple[tuple[str, Health], ...]:
        """Its meters as they stand now; from any thread, as another one books further ones."""
        return tuple(self.meters.items())

    @classmethod
    def of(cls, source: str, kind: str, meters: Iterable[str]) -> "SourceHealth":
        return cls(
            source, kind, Health(f"source {source}"), {code: Health(f"meter {code}") for code in meters}
        )

    def lose(self, rows: int, first: float, last: float) -> None:
        """Rows of these times [s since 1970] are given up."""
        if not self.lost:
            _log.error("source %s: no room for all readings, some are given up", self.source)
        self.lost += rows
        self.gap = (min(first, self.gap[0]), max(last, self.gap[1])) if self.gap else (first, last)

    def refuse(self, at: float, origin: str, reason: str, content: bytes | str) -> None:
        text = content.decode(errors="replace") if isinstance(content, bytes) else content
        self.refused += 1
        self.aside.append(Aside(at, origin, reason, text[:200]))

    def met(self, at: float, name: str) -> None:
        """A meter that no site declares has sent something."""
        if name not in self.strangers and len(self.strangers) >= _MOST_STRANGERS:
            return
        stranger = self.strangers.setdefault(name[:_LONGEST_NAME], Stranger())
        stranger.times += 1
        stranger.last = at


@dataclass(slots=True, eq=False)
class StoreHealth:
    """How rows get from the queue into the store; a change of state is logged once."""

    waiting: int = 0
    """Rows in the queue."""
    rows: int = 0
    """Rows that the store took."""
    spooled: int = 0
    """Rows that went to the disk because it did not."""
    failures: int = 0
    last_error: str = ""
    failing: bool = False

    def committed(self, rows: int) -> None:
        self.rows += rows
        self.recovered()

    def recovered(self) -> None:
        if self.failing:
            self.failing = False
            _log.info("the store takes readings again")

    def failed(self, error: Exception) -> None:
        self.failures += 1
        self.last_error = str(error) or type(error).__name__
        if not self.failing:
            self.failing = True
            _log.error("the store takes no readings: %s", self.last_error)
