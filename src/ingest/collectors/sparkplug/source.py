"""What a site says of a broker with Sparkplug edge nodes."""

import re
from typing import Literal

from ingest.collectors.mqtt.source import BrokerSource

_ADDRESS = re.compile(r"[^/+#]+/[^/+#]+(/[^/+#]+)?")


class SparkplugSource(BrokerSource):
    protocol = "Sparkplug B"
    kind: Literal["sparkplug"]

    @property
    def place(self) -> str:
        return self.url.partition("?")[0]

    def misfit(self, address: str | int | None) -> str | None:
        if isinstance(address, str) and _ADDRESS.fullmatch(address):
            return None
        return f"{address!r} is not group/edge or group/edge/device"
