"""BACnet/IP: the objects of building controllers and meters, read by polling."""

from collections.abc import Sequence

from ingest.collector import Clock, Collector, Devices, Meter, address_of, template_of
from ingest.collectors.bacnet.source import BacnetSource
from ingest.collectors.bacnet.template import BacnetDevice
from ingest.errors import SourceError
from ingest.once import Reading

__all__ = ["Source", "Template", "open", "read"]

Source = BacnetSource
Template = BacnetDevice


def open(  # noqa: A001  # every collector module has this name
    source: BacnetSource, meters: Sequence[Meter], devices: Devices, clock: Clock
) -> Collector:
    """The collector of one source. Raises SourceError when a meter does not fit or the library is missing."""
    fitting = [(meter, *_fitting(source, meter, devices)) for meter in meters]
    try:
        from ingest.collectors.bacnet.poll import BacnetCollector, Device  # noqa: PLC0415  # needs the library
    except ImportError as error:
        raise _missing(source) from error
    stations = [Device(meter.code, address, form, meter.pace.poll_s) for meter, address, form in fitting]
    return BacnetCollector(source, stations, clock)


async def read(source: BacnetSource, meter: Meter, devices: Devices) -> Reading:
    """One reading of one meter, from any free port. Raises SourceError."""
    address, template = _fitting(source, meter, devices)
    try:
        from ingest.collectors.bacnet.poll import Device, read_once  # noqa: PLC0415  # needs the library
    except ImportError as error:
        raise _missing(source) from error
    return await read_once(source.model_copy(update={"port": 0}), Device(meter.code, address, template))


def _fitting(source: BacnetSource, meter: Meter, devices: Devices) -> tuple[str, BacnetDevice]:
    return address_of(source, meter), template_of(meter, devices, BacnetDevice, "BACnet")


def _missing(source: BacnetSource) -> SourceError:
    return SourceError(f"source {source.code} speaks BACnet/IP: pip install 'parkwatt[bacnet]'")
