"""DL/T 645-2007: the electricity meters of China's grids, over RS-485 or a transparent gateway."""

from ingest.collectors.dlt645.frame import LAYOUT
from ingest.collectors.dlt645.meter import Meter645
from ingest.collectors.dlt645.source import Dlt645Source
from ingest.collectors.dlt645.template import Dlt645Meter
from ingest.collectors.half_duplex import Speech

__all__ = ["Source", "Template", "open", "read"]

Source = Dlt645Source
Template = Dlt645Meter
_SPEECH = Speech("DL/T 645", LAYOUT, Dlt645Meter, Meter645)
open, read = _SPEECH.open, _SPEECH.read  # noqa: A001  # every collector module has this name
