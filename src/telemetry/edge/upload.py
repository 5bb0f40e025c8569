"""A file of past readings on its way to the service, from where an earlier attempt ended."""

import csv
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from ingest.errors import PayloadError, SourceError, StoreUnavailable
from ingest.files.mapping import FileMapping
from ingest.files.read import FileReader, Read
from telemetry.edge import receipt
from telemetry.edge.link import Answer, Link
from telemetry.edge.receipt import Problem, Receipt
from telemetry.model import Meter

ROWS = 5_000
SOURCE = "import"
_LONGEST_PAUSE_S = 30.0


@dataclass(slots=True)
class Tally:
    """What became of a file so far."""

    rows: int = 0
    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    refused: int = 0
    """Values and rows that were not used; they stand in the file of refusals."""
    first_us: int | None = None
    last_us: int | None = None
    meters: Counter[str] = field(default_factory=Counter)

    def count(self, one: Read) -> None:
        self.rows += 1
        self.meters[one.meter] += 1
        self.first_us = min(self.first_us or one.time_us, one.time_us)
        self.last_us = max(self.last_us or one.time_us, one.time_us)


class Stamped:
    """Moves the times of amounts to the end of the interval that their meter's stamps mark."""

    def __init__(self, mapping: FileMapping, meters: dict[str, Meter]) -> None:
        self._mapping = mapping
        self._meters = meters
        self._last: dict[str, int] = {}

    def __call__(self, one: Read) -> Read:
        """Raises SourceError when the meter's intervals are of another length than the file's."""
        meter = self._meters.get(one.meter)
        if self._mapping.shows != "amounts" or meter is None or not one.values:
            return one
        length = round(meter.interval_s * 1e6)
        self._check(meter, one, length)
        if self._mapping.stamp in {meter.stamp, None}:
            return one
        return replace(one, time_us=one.time_us + (length if meter.stamp == "end" else -length))

    def _check(self, meter: Meter, one: Read, length: int) -> None:
        last = self._last.get(one.meter)
        if last is not None and 0 < one.time_us - last < length:
            raise SourceError(
                f"line {one.line}: the amounts of {meter.code} are {(one.time_us - last) / 1e6:g} s apart, "
                f"its intervals are {meter.interval_s:g} s long: set its interval_s in the site file"
            )
        self._last[one.meter] = one.time_us


class Upload:
    def __init__(self, file: Path, mapping: FileMapping, meters: Sequence[Meter], folder: Path) -> None:
        """`folder` keeps how far an attempt came."""
        self.tally = Tally()
        self._file = file
        self._mapping = mapping
        self._meters = {meter.code: meter for meter in meters}
        self._mark = folder / f"{_digest(file, mapping)}.line"

    @property
    def refusals(self) -> Path:
        return self._file.with_name(f"{self._file.name}.rejected.csv")

    @property
    def begun(self) -> int:
        """The last line that an earlier attempt brought in; 0: none."""
        return int(self._mark.read_text()) if self._mark.exists() else 0

    def run(self, link: Link | None, progress: Callable[[int, str], None]) -> None:
        """Post everything, or without a link only read it. Raises SourceError.

        `progress` hears up to which line all is done with, and why it does not go on, if it does not.
        """
        with self.refusals.open("a" if self.begun else "w", encoding="utf-8", newline="") as out:
            refused = csv.writer(out)
            for lines in _chunks(self._lines(), ROWS):
                self._take(lines, link, refused.writerow, lambda why: progress(lines[0].line - 1, why))  # noqa: B023  # called at once
                progress(lines[-1].line, "")
        self._mark.unlink(missing_ok=True)
        if not self.tally.refused:
            self.refusals.unlink()

    def _lines(self) -> Iterator[Read]:
        stamped, begun = Stamped(self._mapping, self._meters), self.begun
        for one in map(stamped, FileReader(self._mapping, time.time()).read(self._file)):
            if one.line > begun:
                yield one

    def _take(
        self,
        lines: list[Read],
        link: Link | None,
        refused: Callable[[list[object]], object],
        waits: Callable[[str], None],
    ) -> None:
        for one in lines:
            for error in self._complaints(one):
                self.tally.refused += 1
                refused([one.line, one.meter, error.field, error.value, error.reason])
        rows = [one for one in lines if one.values and one.meter in self._meters]
        for one in rows:
            self.tally.count(one)
        if link is not None:
            self._post(link, rows, refused, waits)
            self._mark.parent.mkdir(parents=True, exist_ok=True)
            self._mark.write_text(str(lines[-1].line))

    def _complaints(self, one: Read) -> Iterator[PayloadError]:
        yield from one.complaints
        if one.meter and one.meter not in self._meters:
            yield PayloadError("meter", one.meter, "no meter of the site has this code")

    def _post(
        self,
        link: Link,
        rows: list[Read],
        refused: Callable[[list[object]], object],
        waits: Callable[[str], None],
    ) -> None:
        if not rows:
            return
        became = _answered(link, _columns(rows), waits)
        self.tally.accepted += became.accepted
        self.tally.duplicate += became.duplicate
        self.tally.conflict += became.conflict
        for each in became.rejected:
            self.tally.refused += 1
            refused([rows[each.row].line, rows[each.row].meter, each.field, each.value, each.reason])


def _answered(link: Link, body: dict[str, object], waits: Callable[[str], None]) -> Receipt:
    """However long that takes: the service says when it can take more."""
    pause = 1.0
    while True:
        try:
            return _receipt(link.post("/api/v1/readings", body, source=SOURCE))
        except StoreUnavailable as error:
            waits(str(error))
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)


def _receipt(answer: Answer) -> Receipt:
    """Raises StoreUnavailable, and SourceError when the service refuses the body and names no rows."""
    became = receipt.read(answer)
    if not isinstance(became, Problem):
        return became
    rejected = [row for one in became.errors if (row := one.in_row)]
    if not rejected:
        raise SourceError(f"the service refuses the rows: {became.detail}")
    return Receipt(0, 0, 0, rejected)


def _columns(rows: list[Read]) -> dict[str, object]:
    names = dict.fromkeys(name for one in rows for name in one.values)
    return {
        "meter": [one.meter for one in rows],
        "time": [one.time_us for one in rows],
        "time_unit": "us",
        **{name: [one.values.get(name) for one in rows] for name in names},
    }


def _chunks(lines: Iterator[Read], most: int) -> Iterator[list[Read]]:
    while chunk := list(islice(lines, most)):
        yield chunk


def _digest(file: Path, mapping: FileMapping) -> str:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256")
    found.update(mapping.model_dump_json().encode())
    return found.hexdigest()[:32]
