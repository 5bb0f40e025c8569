"""CJ/T 188: China's water, gas and heat meters, over a serial port or a transparent gateway."""

from collections.abc import Sequence

from ingest.collector import Clock, Devices, Meter, address_of, template_of
from ingest.collectors.cjt188.meter import LAYOUT, Meter188
from ingest.collectors.cjt188.source import Cjt188Source
from ingest.collectors.cjt188.template import Cjt188Meter
from ingest.collectors.half_duplex import HalfDuplexCollector, Line, read_once
from ingest.once import Reading

__all__ = ["Source", "Template", "open", "read"]

Source = Cjt188Source
Template = Cjt188Meter


def open(  # noqa: A001  # every collector module has this name
    source: Cjt188Source, meters: Sequence[Meter], devices: Devices, clock: Clock
) -> HalfDuplexCollector:
    """The collector of one line. Raises SourceError when a meter does not fit it."""
    stations = [_station(source, meter, devices) for meter in meters]
    return HalfDuplexCollector(source, Line(source, LAYOUT), stations, clock)


async def read(source: Cjt188Source, meter: Meter, devices: Devices) -> Reading:
    """One reading of one meter. Raises SourceError."""
    return await read_once(Line(source, LAYOUT), _station(source, meter, devices), source.retries)


def _station(source: Cjt188Source, meter: Meter, devices: Devices) -> Meter188:
    template = template_of(meter, devices, Cjt188Meter, "CJ/T 188")
    return Meter188(meter.code, address_of(source, meter), template)
