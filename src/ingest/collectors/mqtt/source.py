"""What a site says of an MQTT broker."""

from typing import Literal

from ingest.kinds import Source


class MqttSource(Source):
    kind: Literal["mqtt"]
    url: str
    """mqtt://host:port; credentials come from PARKWATT_MQTT_USER and PARKWATT_MQTT_PASSWORD."""
    topic: str
    """Pattern with {meter} where the meter's address stands: park/{meter}/state."""

    @property
    def place(self) -> str:
        return f"{self.url.partition('?')[0]} {self.topic}"
