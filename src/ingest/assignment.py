"""What each collector is to do by a plan; a newer plan changes those that it assigns something else."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, Sink
from ingest.collector import Clock, Collector, Devices, Meter, comes_by_itself, open_collector
from ingest.errors import SourceError
from ingest.health import SourceHealth
from ingest.kinds import Source
from ingest.template import Template

_EDITION = 16
"""Hexadecimal digits of an edition."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Two that are equal need no new collector."""

    source: Source
    meters: tuple[Meter, ...]
    templates: tuple[Template, ...]

    @property
    def contents(self) -> Mapping[str, str]:
        """What each template says beside the defaults, as JSON by code: the same in every later program."""
        return {one.code: one.model_dump_json(exclude_defaults=True) for one in self.templates}

    @property
    def edition(self) -> str:
        """A hash of the contents, another as soon as a template is edited; '' without templates."""
        text = "\n".join(self.contents.values())
        return hashlib.sha256(text.encode()).hexdigest()[:_EDITION] if text else ""

    def open(self, clock: Clock) -> Collector:
        """Reaches for nothing yet. Raises SourceError when a part does not fit another."""
        devices = {one.code: one for one in self.templates}
        collector = open_collector(self.source, self.meters, devices, clock)
        if collector is None:
            raise SourceError(f"the readings of {self.source.code} come by themselves")
        return _Dated(collector, self.edition)


class _Dated:
    """A collector whose batches say by which edition of the templates they were decoded."""

    def __init__(self, collector: Collector, edition: str) -> None:
        self._collector = collector
        self._edition = edition

    @property
    def health(self) -> SourceHealth:
        return self._collector.health

    async def run(self, sink: Sink) -> None:
        await self._collector.run(_Dating(sink, self._edition))


class _Dating:
    def __init__(self, sink: Sink, edition: str) -> None:
        self._sink = sink
        self._edition = edition

    async def write(self, batch: Batch) -> NDArray[np.uint8]:
        return await self._sink.write(replace(batch, edition=self._edition))


def assignments(
    sources: Iterable[Source], meters: Sequence[Meter], devices: Devices, edge: str | None = None
) -> Mapping[str, Assignment]:
    """Of one edge, or of the service itself; by source code, without those that come by themselves."""
    return {
        source.code: assignment(source, meters, devices)
        for source in sources
        if source.edge == edge and not comes_by_itself(source)
    }


def assignment(source: Source, meters: Iterable[Meter], devices: Devices) -> Assignment:
    """Of one source, whoever reads it."""
    own = tuple(meter for meter in meters if meter.source == source.code)
    codes = sorted({meter.device for meter in own if meter.device})
    return Assignment(source, own, tuple(devices[code] for code in codes if code in devices))
