"""What each collector is to do by a plan; a newer plan changes those that it assigns something else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.collector import Clock, Collector, Devices, Meter, comes_by_itself, open_collector
from ingest.errors import SourceError
from ingest.kinds import Source
from ingest.template import Template


@dataclass(frozen=True, slots=True)
class Assignment:
    """Two that are equal need no new collector."""

    source: Source
    meters: tuple[Meter, ...]
    templates: tuple[Template, ...]

    def open(self, clock: Clock) -> Collector:
        """Reaches for nothing yet. Raises SourceError when a part does not fit another."""
        devices = {one.code: one for one in self.templates}
        collector = open_collector(self.source, self.meters, devices, clock)
        if collector is None:
            raise SourceError(f"the readings of {self.source.code} come by themselves")
        return collector


def assignments(
    sources: Iterable[Source], meters: Sequence[Meter], devices: Devices, edge: str | None = None
) -> Mapping[str, Assignment]:
    """Of one edge, or of the service itself; by source code, without those that come by themselves."""
    return {
        source.code: _assignment(source, [meter for meter in meters if meter.source == source.code], devices)
        for source in sources
        if source.edge == edge and not comes_by_itself(source)
    }


def _assignment(source: Source, meters: Sequence[Meter], devices: Devices) -> Assignment:
    codes = sorted({meter.device for meter in meters if meter.device})
    return Assignment(source, tuple(meters), tuple(devices[code] for code in codes if code in devices))
