"""What the demo park remembers: when its time began, and which past stands in the service."""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from telemetry.demo.weather import LOCAL_S
from telemetry.settings.environment import Environment

PAST_DAYS = 35
_DAY_S = 86400
QUARTER_S = 900
_FILE = "demo.json"


@dataclass(slots=True)
class Memory:
    """The park's diary; `keep` writes it down."""

    path: Path
    epoch_s: int
    """A local midnight; counters are integrals from here on."""
    posted_from_s: int | None = None
    posted_to_s: int | None = None
    """The service has the readings of posted_from <= t < posted_to."""

    @classmethod
    def recall(cls, data: Path, now: float) -> "Memory":
        """The diary of a folder, or a new one whose epoch lies 36 days back."""
        path = data / _FILE
        if path.exists():
            return cls(path, **json.loads(path.read_text("utf-8")))
        return cls(path, local_midnight(now) - (PAST_DAYS + 1) * _DAY_S)

    def keep(self) -> None:
        content = {name: value for name, value in asdict(self).items() if name != "path"}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(content), "utf-8")
        draft.replace(self.path)

    def forget_posted(self) -> None:
        self.posted_from_s = self.posted_to_s = None

    def missing(self, now: float) -> list[tuple[int, int]]:
        """Stretches (from, to) [s] of the past that the service lacks, a local day each.

        First what happened since the last run, then the older past backwards: today is seen at once.
        """
        first, last = self.epoch_s + _DAY_S, quarter(now)
        if self.posted_from_s is None or self.posted_to_s is None:
            return days(first, last)[::-1]
        return days(self.posted_to_s, last) + days(first, self.posted_from_s)[::-1]

    def note_posted(self, first: int, last: int) -> None:
        """The stretch stands in the service now; it touches what stood before."""
        self.posted_from_s = first if self.posted_from_s is None else min(first, self.posted_from_s)
        self.posted_to_s = last if self.posted_to_s is None else max(last, self.posted_to_s)


def days(first: int, last: int) -> list[tuple[int, int]]:
    """[first, last) cut at local midnights."""
    cuts = [first, *range(local_midnight(first) + _DAY_S, last, _DAY_S), last]
    return [(a, b) for a, b in pairwise(cuts) if a < b]


def quarter(t: float) -> int:
    """The quarter hour that an instant lies in [s]."""
    return int(t) // QUARTER_S * QUARTER_S


def data_folder(environment: Environment) -> Path:
    """Where a demo keeps its things, apart from those of a real park."""
    return environment.data_dir / "demo"


def local_midnight(t: float) -> int:
    return (int(t) + LOCAL_S) // _DAY_S * _DAY_S - LOCAL_S
