"""CJ/T 188: China's water, gas and heat meters, over a serial port or a transparent gateway."""

from ingest.collectors.cjt188.meter import LAYOUT, Meter188
from ingest.collectors.cjt188.source import Cjt188Source
from ingest.collectors.cjt188.template import Cjt188Meter
from ingest.collectors.half_duplex import Speech

__all__ = ["Source", "Template", "open", "read"]

Source = Cjt188Source
Template = Cjt188Meter
_SPEECH = Speech("CJ/T 188", LAYOUT, Cjt188Meter, Meter188)
open, read = _SPEECH.open, _SPEECH.read  # noqa: A001  # every collector module has this name
