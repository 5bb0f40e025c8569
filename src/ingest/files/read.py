"""Rows of a file become readings, and what could not be read is told by its line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.collectors.push.parsed import check_number
from ingest.decode import Linear
from ingest.errors import PayloadError
from ingest.files.clock import Clock
from ingest.files.mapping import FileColumn, FileMapping
from ingest.files.tables import rows


@dataclass(frozen=True, slots=True)
class Read:
    """One line of the file."""

    line: int
    meter: str
    time_us: int
    values: Mapping[str, float]
    """By quantity, in the catalogue's units; empty where nothing of it could be read."""
    complaints: tuple[PayloadError, ...] = ()


class FileReader:
    def __init__(self, mapping: FileMapping, now: float) -> None:
        """`now` [s since 1970]: times more than a day after it are refused."""
        self._mapping = mapping
        self._clock = Clock(mapping, now)
        self._columns = {one.column: (one, Linear.of(one)) for one in mapping.columns}

    def read(self, file: Path) -> Iterator[Read]:
        """Every line in turn. Raises SourceError."""
        for line, row in rows(file, self._mapping):
            try:
                meter = self._meter(row)
                time_us = self._clock.read(meter, row)
            except PayloadError as error:
                yield Read(line, "", 0, {}, (error,))
                continue
            values: dict[str, float] = {}
            complaints = tuple(self._complaints(row, values))
            if values or complaints:
                yield Read(line, meter, time_us, values, complaints)

    def _meter(self, row: Mapping[str, object]) -> str:
        if self._mapping.meter is not None:
            return self._mapping.meter
        name = str(row.get(self._mapping.meter_column or "", "")).strip()
        if not name:
            raise PayloadError(self._mapping.meter_column or "", name, "no meter")
        return self._mapping.meters.get(name, name)

    def _complaints(self, row: Mapping[str, object], values: dict[str, float]) -> Iterator[PayloadError]:
        """Fills `values`, and yields what could not be read."""
        for column, shown in self._cells(row):
            try:
                number = self._number(column, shown)
            except PayloadError as error:
                yield error
            else:
                if number is not None:
                    values[self._mapping.quantity_of(column)] = number

    def _cells(self, row: Mapping[str, object]) -> Iterator[tuple[FileColumn, object]]:
        mapping = self._mapping
        if mapping.quantity is None:
            yield from ((one, row.get(name)) for name, (one, _) in self._columns.items())
            return
        named = self._columns.get(str(row.get(mapping.quantity, "")).strip())
        if named is not None:
            yield named[0], row.get(mapping.value or "")

    def _number(self, column: FileColumn, shown: object) -> float | None:
        """In the catalogue's unit; None where nothing was read. Raises PayloadError."""
        if shown is None or (isinstance(shown, str) and shown.strip() in self._mapping.missing):
            return None
        number = self._parsed(column, shown) if isinstance(shown, str) else shown
        return check_number(
            column.column, self._columns[column.column][1](check_number(column.column, number))
        )

    def _parsed(self, column: FileColumn, text: str) -> float:
        plain = text.strip().replace(self._mapping.thousands or "\0", "").replace(self._mapping.decimal, ".")
        try:
            return float(plain)
        except ValueError as error:
            raise PayloadError(column.column, text, "not a number") from error
