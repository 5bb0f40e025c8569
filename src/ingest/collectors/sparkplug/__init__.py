"""Sparkplug B: edge nodes that announce their metrics at birth and tell when they are gone."""

import os
from collections.abc import Sequence

from ingest.collector import Clock, Devices, Meter, template_of
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.sparkplug.collect import SparkplugCollector
from ingest.collectors.sparkplug.host import Behind
from ingest.collectors.sparkplug.source import SparkplugSource
from ingest.collectors.sparkplug.template import SparkplugDevice
from ingest.errors import SourceError

__all__ = ["Source", "Template", "open"]

Source = SparkplugSource
Template = SparkplugDevice


def open(  # noqa: A001  # every collector module has this name
    source: SparkplugSource, meters: Sequence[Meter], devices: Devices, clock: Clock
) -> SparkplugCollector:
    """The collector of one broker's edge nodes. Raises SourceError when its URL or a meter does not fit."""
    behind = [_behind(source, meter, devices) for meter in meters]
    return SparkplugCollector(source.code, Broker.of(source, os.environ), behind, clock, source.unmapped)


def _behind(source: SparkplugSource, meter: Meter, devices: Devices) -> Behind:
    misfit = source.misfit(meter.address)
    if misfit:
        raise SourceError(f"meter {meter.code}: {misfit}")
    group, edge, *device = str(meter.address).split("/")
    template = template_of(meter, devices, SparkplugDevice, "Sparkplug")
    return Behind(meter.code, (group, edge), device[0] if device else "", template)
