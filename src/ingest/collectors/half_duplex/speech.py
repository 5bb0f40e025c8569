"""What the protocols of such lines differ in, and how any of them is opened or read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ingest.collector import Clock, Devices, Meter, address_of, pace_of, template_of
from ingest.collectors.half_duplex.frame import Layout
from ingest.collectors.half_duplex.line import Line
from ingest.collectors.half_duplex.poll import HalfDuplexCollector
from ingest.collectors.half_duplex.respondent import Respondent, read_once
from ingest.collectors.half_duplex.source import LineSource
from ingest.once import Reading
from ingest.pace import Paced, Timing

T = TypeVar("T", bound=Paced)
T_contra = TypeVar("T_contra", bound=Paced, contravariant=True)


class _Maker(Protocol[T_contra]):
    def __call__(
        self, meter: str, address: str, template: T_contra, timing: Timing, poll_s: float | None
    ) -> Respondent: ...


@dataclass(frozen=True, slots=True)
class Speech(Generic[T]):
    name: str
    layout: Layout
    form: type[T]
    respondent: _Maker[T]

    def open(
        self, source: LineSource, meters: Sequence[Meter], devices: Devices, clock: Clock
    ) -> HalfDuplexCollector:
        """The collector of one line. Raises SourceError when a meter does not fit it."""
        stations = [self._station(source, meter, devices) for meter in meters]
        return HalfDuplexCollector(source, Line(source, self.layout), stations, clock)

    async def read(self, source: LineSource, meter: Meter, devices: Devices) -> Reading:
        """One reading of one meter. Raises SourceError."""
        return await read_once(Line(source, self.layout), self._station(source, meter, devices))

    def _station(self, source: LineSource, meter: Meter, devices: Devices) -> Respondent:
        template = template_of(meter, devices, self.form, self.name)
        pace = pace_of(meter, devices)
        return self.respondent(
            meter.code, address_of(source, meter), template, source.paced(pace), pace.poll_s
        )
