"""How the times of a file become instants, in order for each meter, through midnights and clock changes."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingest.errors import PayloadError
from ingest.files.mapping import FileMapping
from ingest.moment import check_plausible, microseconds

_DAY = timedelta(days=1)


class Clock:
    """Remembers each meter's last time: an hour that comes twice is told by it."""

    def __init__(self, mapping: FileMapping, now: float) -> None:
        """`now` [s since 1970]."""
        self._time = mapping.time
        self._zone = ZoneInfo(mapping.zone) if mapping.zone else None
        self._midnight = mapping.midnight_closes_day
        self._now = now
        self._last: dict[str, int] = {}

    def read(self, meter: str, row: Mapping[str, object]) -> int:
        """[us since 1970-01-01 UTC]. Raises PayloadError."""
        shown = self._shown(row)
        moment = self._moment(shown)
        time_us = self._instant(meter, moment, shown)
        self._last[meter] = time_us
        return check_plausible(self._time.column, shown, time_us, self._now)

    def _shown(self, row: Mapping[str, object]) -> object:
        first = _cell(row, self._time.column)
        if self._time.clock is None:
            return first
        clock = _cell(row, self._time.clock)
        if isinstance(first, datetime | date) and isinstance(clock, time):
            return datetime.combine(first, clock)
        return f"{str(first)[:10] if isinstance(first, datetime) else first} {clock}"

    def _moment(self, shown: object) -> datetime:
        moment = shown if isinstance(shown, datetime) else self._parsed(str(shown).strip())
        closing = moment.time() == time() and (self._midnight and not str(shown).endswith("24:00"))
        return moment + _DAY if closing else moment

    def _parsed(self, text: str) -> datetime:
        late = text.endswith(("24:00", "24:00:00"))
        plain = text.replace("24:00", "00:00") if late else text
        try:
            form = self._time.format
            moment = datetime.strptime(plain, form) if form else datetime.fromisoformat(plain)  # noqa: DTZ007  # the zone follows
        except ValueError as error:
            reason = f"not a time such as {self._time.example}"
            raise PayloadError(self._time.column, text, reason) from error
        return moment + _DAY if late else moment

    def _instant(self, meter: str, moment: datetime, shown: object) -> int:
        if moment.tzinfo is not None:
            return microseconds(moment)
        if self._zone is None:
            raise PayloadError(self._time.column, shown, "a time without a zone, and the mapping names none")
        first, second = (microseconds(moment.replace(tzinfo=self._zone, fold=fold)) for fold in (0, 1))
        if first != second and not _exists(moment, self._zone):
            raise PayloadError(self._time.column, shown, f"the clock of {self._zone.key} skips this time")
        last = self._last.get(meter)
        return second if last is not None and first <= last < second else first


def _exists(moment: datetime, zone: ZoneInfo) -> bool:
    there = moment.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) == moment


def _cell(row: Mapping[str, object], name: str) -> object:
    """Raises PayloadError when the column is empty or not there."""
    value = row.get(name)
    if value is None or value == "":
        raise PayloadError(name, value, "the file has no such column" if name not in row else "no time")
    return value
