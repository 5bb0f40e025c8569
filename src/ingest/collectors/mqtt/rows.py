"""From a window of messages to batches; what cannot be read is told to the health of its source."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, numbered
from ingest.collectors.mqtt.inbox import Arrival
from ingest.collectors.mqtt.routes import Route, Routes
from ingest.collectors.mqtt.undeclared import Undeclared
from ingest.errors import PayloadError
from ingest.health import SourceHealth
from ingest.payload import PayloadReader, Reading
from ingest.sampling import SPARSE, Sampler, Sampling

Found = tuple[str, Reading | PayloadError, Arrival]
_Rows = defaultdict[tuple[bool, tuple[str, ...]], list["Row"]]
"""By whether they are parts of a whole that tell no time, and by the quantities of the template."""


@dataclass(slots=True, eq=False)
class Row:
    meter: str
    time_us: int
    values: NDArray[np.float64]
    """float64[k] by the quantities of its template."""


class RowReader:
    def __init__(self, health: SourceHealth, routes: Routes, sampling: Sampling = SPARSE) -> None:
        self._health = health
        self._routes = routes
        self._sampler = Sampler(health.source, sampling)
        self._undeclared = Undeclared(health, routes, self._sampler)

    def read(self, window: Sequence[Arrival]) -> list[Batch]:
        """The rows of all messages, those of one template in one batch; then what no template mentions."""
        single: defaultdict[PayloadReader, list[tuple[str, Arrival]]] = defaultdict(list)
        rows: _Rows = defaultdict(list)
        for message in window:
            for route in self._routes_of(message):
                if route.other is not None:
                    self._look(route.reader, route.meter, message, route.other)
                elif route.records is None:
                    single[route.reader].append((route.meter, message))
                else:
                    self._keep(route.reader, self._records(route, route.records, message), rows)
        for reader, messages in single.items():
            self._keep(reader, _readings(reader, messages), rows)
        batches = [
            batch_of(self._health.source, quantities, joined(found) if partial else found)
            for (partial, quantities), found in rows.items()
            if found
        ]
        return batches + self._sampler.take()

    def _routes_of(self, message: Arrival) -> Iterable[Route]:
        """None for an empty message: so a device or a retained value is taken away."""
        if not message.payload:
            return ()
        routes = self._routes.of(message.topic)
        if routes is None:
            self._undeclared.take(message)
            return ()
        if message.retain:
            return [route for route in routes if route.reader.dated]
        return routes

    def _records(self, route: Route, names: Mapping[str, str], message: Arrival) -> Iterable[Found]:
        strangers: set[str] = set()
        try:
            for name, reading in route.reader.read_records(message.payload, message.at):
                if name in names:
                    yield names[name], reading, message
                elif name not in route.beside:
                    strangers.add(name)
        except PayloadError as error:
            self._refuse(message, error)
        if strangers:
            self._undeclared.take_records(route.reader, strangers, message)

    def _keep(self, reader: PayloadReader, found: Iterable[Found], rows: _Rows) -> None:
        reads: Counter[str] = Counter()
        kept = rows[reader.partial, reader.quantities]
        at = 0.0
        for meter, reading, message in found:
            at = message.at
            self._look_beside(reader, meter, reading, message)
            if isinstance(reading, PayloadError):
                self._refuse(message, reading)
                self._health.meters[meter].failed(at, reading)
                continue
            for complaint in reading.complaints:
                self._refuse(message, complaint)
            reads[meter] += 1
            kept.append(Row(meter, reading.time_us, reading.values))
        for meter, count in reads.items():
            self._health.meters[meter].succeeded(at, reads=count)

    def _look_beside(
        self, reader: PayloadReader, meter: str, reading: Reading | PayloadError, message: Arrival
    ) -> None:
        """Now and then: that costs as much as reading it all again."""
        if reader.records is None:
            self._look(reader, meter, message)
        elif isinstance(reading, Reading) and self._sampler.due((meter, reader), message.at):
            self._sampler.looked_at((meter, reader), message.at)
            self._sampler.keep(meter, reading.time_us, reader.unmapped_of(reading.record))

    def _look(self, reader: PayloadReader, meter: str, message: Arrival, channel: str | None = None) -> None:
        part = meter, reader, channel
        if self._sampler.due(part, message.at):
            with suppress(PayloadError):
                self._sampler.keep(meter, *reader.unmapped(message.payload, message.at, channel))
                self._sampler.looked_at(part, message.at)

    def _refuse(self, message: Arrival, error: PayloadError) -> None:
        self._health.refuse(message.at, message.topic, str(error), message.payload)


def _readings(reader: PayloadReader, messages: Sequence[tuple[str, Arrival]]) -> Iterable[Found]:
    read = reader.read_many([each.payload for _, each in messages], [each.at for _, each in messages])
    return ((meter, found, each) for (meter, each), found in zip(messages, read, strict=True))


def joined(rows: Iterable[Row]) -> list[Row]:
    """Parts of one meter as one row, of the newest time; a quantity that comes twice begins another."""
    found: list[Row] = []
    open_rows: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row.time_us):
        standing = open_rows.get(row.meter)
        if standing is not None and np.isnan(np.where(np.isnan(row.values), np.nan, standing.values)).all():
            standing.values = np.where(np.isnan(row.values), standing.values, row.values)
            standing.time_us = row.time_us
        else:
            open_rows[row.meter] = row
            found.append(row)
    return found


def batch_of(source: str, quantities: tuple[str, ...], rows: Sequence[Row]) -> Batch:
    """The rows of one template, without the quantities that none of them holds."""
    values = np.stack([row.values for row in rows])
    filled = np.flatnonzero(~np.isnan(values).all(axis=0))
    return Batch(
        source,
        *numbered([row.meter for row in rows]),
        np.array([row.time_us for row in rows], np.int64),
        tuple(quantities[column] for column in filled),
        values[:, filled],
    )
