"""DL/T 645-2007: the electricity meters of China's grids, over RS-485 or a transparent gateway."""

from collections.abc import Sequence

from ingest.collector import Clock, Devices, Meter, address_of, template_of
from ingest.collectors.dlt645.frame import LAYOUT
from ingest.collectors.dlt645.meter import Meter645
from ingest.collectors.dlt645.source import Dlt645Source
from ingest.collectors.dlt645.template import Dlt645Meter
from ingest.collectors.half_duplex import HalfDuplexCollector, Line, read_once
from ingest.once import Reading

__all__ = ["Source", "Template", "open", "read"]

Source = Dlt645Source
Template = Dlt645Meter


def open(  # noqa: A001  # every collector module has this name
    source: Dlt645Source, meters: Sequence[Meter], devices: Devices, clock: Clock
) -> HalfDuplexCollector:
    """The collector of one line. Raises SourceError when a meter does not fit it."""
    stations = [_station(source, meter, devices) for meter in meters]
    return HalfDuplexCollector(source, Line(source, LAYOUT), stations, clock)


async def read(source: Dlt645Source, meter: Meter, devices: Devices) -> Reading:
    """One reading of one meter. Raises SourceError."""
    return await read_once(Line(source, LAYOUT), _station(source, meter, devices), source.retries)


def _station(source: Dlt645Source, meter: Meter, devices: Devices) -> Meter645:
    template = template_of(meter, devices, Dlt645Meter, "DL/T 645")
    return Meter645(meter.code, address_of(source, meter), template)
