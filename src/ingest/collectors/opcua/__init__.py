"""OPC UA: a server reports the values of its nodes as they change, with their times and their quality."""

from collections.abc import Iterator, Sequence

from ingest.collector import Clock, Collector, Devices, Meter, template_of
from ingest.collectors.opcua.source import OpcUaSource
from ingest.collectors.opcua.tag import Tag
from ingest.collectors.opcua.template import OpcUaDevice
from ingest.errors import SourceError
from ingest.once import Reading

__all__ = ["Source", "Template", "open", "read"]

Source = OpcUaSource
Template = OpcUaDevice


def open(  # noqa: A001  # every collector module has this name
    source: OpcUaSource, meters: Sequence[Meter], devices: Devices, clock: Clock
) -> Collector:
    """The collector of one server. Raises SourceError when a meter does not fit or the library is missing."""
    tags = [tag for meter in meters for tag in _tags(meter, devices)]
    try:
        from ingest.collectors.opcua.collect import OpcUaCollector  # noqa: PLC0415  # needs the library
    except ImportError as error:
        raise _missing(source) from error
    return OpcUaCollector(source, tags, [meter.code for meter in meters], clock)


async def read(source: OpcUaSource, meter: Meter, devices: Devices) -> Reading:
    """One reading of one meter. Raises SourceError."""
    tags = list(_tags(meter, devices))
    try:
        from ingest.collectors.opcua.once import read_once  # noqa: PLC0415  # needs the library
    except ImportError as error:
        raise _missing(source) from error
    return await read_once(source, tags)


def _tags(meter: Meter, devices: Devices) -> Iterator[Tag]:
    device = template_of(meter, devices, OpcUaDevice, "OPC UA")
    address = str(meter.code if meter.address is None else meter.address)
    return (Tag(meter.code, address, value) for value in device.nodes)


def _missing(source: OpcUaSource) -> SourceError:
    return SourceError(f"source {source.code} speaks OPC UA: pip install 'parkwatt[opcua]'")
