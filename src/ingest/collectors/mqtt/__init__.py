"""MQTT: JSON payloads of a broker, acknowledged once they are durable."""

import os
from collections.abc import Sequence

from ingest.collector import Clock, Devices, Meter
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.collect import MqttCollector
from ingest.collectors.mqtt.once import read_once
from ingest.collectors.mqtt.source import MqttSource
from ingest.collectors.mqtt.topic import Pattern
from ingest.errors import SourceError
from ingest.json_device import JsonDevice
from ingest.once import Reading
from ingest.payload import PayloadReader

__all__ = ["Broker", "MqttCollector", "MqttSource", "Pattern", "Source", "Template", "open", "read"]
_LONGEST_WAIT_S = 30.0


Source = MqttSource
Template = JsonDevice


def open(  # noqa: A001  # every collector module has this name
    source: MqttSource, meters: Sequence[Meter], devices: Devices, clock: Clock
) -> MqttCollector:
    """The collector of one broker. Raises SourceError when its URL, topic or a meter does not fit."""
    readers: dict[str, PayloadReader] = {}
    known: dict[str, tuple[str, PayloadReader]] = {}
    for meter in meters:
        device = _template(meter, devices)
        if device.code not in readers:
            readers[device.code] = PayloadReader(device)
        known[_address(meter)] = (meter.code, readers[device.code])
    broker = Broker.at(source.url, source.code, os.environ)
    return MqttCollector(source.code, broker, Pattern(source.topic), known, clock)


async def read(source: MqttSource, meter: Meter, devices: Devices) -> Reading:
    """The next message of one meter. Raises SourceError when none comes within 30 s, PayloadError."""
    device = _template(meter, devices)
    broker = Broker.at(source.url, source.code, os.environ)
    return await read_once(broker, Pattern(source.topic), _address(meter), device, _LONGEST_WAIT_S)


def _template(meter: Meter, devices: Devices) -> JsonDevice:
    device = devices.get(meter.device or "")
    if not isinstance(device, JsonDevice):
        raise SourceError(f"meter {meter.code}: {meter.device!r} is no MQTT template")
    return device


def _address(meter: Meter) -> str:
    return str(meter.code if meter.address is None else meter.address)
