"""MQTT: JSON payloads of a broker, acknowledged once they are durable."""

import os
from collections.abc import Sequence
from time import time

from ingest.collector import Clock, Devices, Meter, template_of
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.collect import MqttCollector
from ingest.collectors.mqtt.once import read_once
from ingest.collectors.mqtt.routes import Routes, address_of
from ingest.collectors.mqtt.source import BrokerSource, MqttSource
from ingest.json_device import JsonDevice
from ingest.once import Reading

__all__ = ["BrokerSource", "MqttCollector", "MqttSource", "Source", "Template", "open", "read"]
_LONGEST_WAIT_S = 30.0


Source = MqttSource
Template = JsonDevice


def open(  # noqa: A001  # every collector module has this name
    source: MqttSource, meters: Sequence[Meter], devices: Devices, clock: Clock
) -> MqttCollector:
    """The collector of one broker. Raises SourceError when its URL, topic or a meter does not fit."""
    routes = Routes(source.pattern, meters, devices, source.zone)
    return MqttCollector(source.code, Broker.of(source, os.environ), routes, clock, source.unmapped)


async def read(source: MqttSource, meter: Meter, devices: Devices) -> Reading:
    """The next message of one meter. Raises SourceError when none comes within 30 s or it cannot be read."""
    device = template_of(meter, devices, JsonDevice, "MQTT")
    routes = Routes(source.pattern, [meter], devices, source.zone)
    broker = Broker.of(source, os.environ)
    return await read_once(broker, routes, address_of(meter), device, wait_s=_LONGEST_WAIT_S, clock=time)
