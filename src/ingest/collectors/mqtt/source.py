"""What a site says of an MQTT broker."""

from typing import Literal, Self

from pydantic import model_validator

from ingest.collectors.mqtt.topic import Pattern
from ingest.errors import SourceError
from ingest.json_device import Zone
from ingest.kinds import Source
from ingest.sampling import Sampling


class BrokerSource(Source):
    """Where a broker is; credentials and the key's password come from the environment alone."""

    url: str
    """mqtt://host:port or mqtts://host:port."""
    ca: str | None = None
    """File of the authority that signed the broker's certificate; None: those the system trusts."""
    cert: str | None = None
    """File of the certificate that ParkWatt shows."""
    key: str | None = None
    """File of its key."""
    unmapped: Sampling = Sampling()
    """How much is kept of numbers that the templates of its meters do not mention."""


class MqttSource(BrokerSource):
    protocol = "MQTT"
    kind: Literal["mqtt"]
    topic: str
    """Pattern with {meter} where the meter's address stands: park/{meter}/state."""
    address: str | None = None
    """How an address is put together of several parts of the topic: {area}/{meter}."""
    zone: Zone | None = None
    """Of times without one, where the template says nothing of it."""

    @property
    def place(self) -> str:
        return f"{self.url.partition('?')[0]} {self.topic}"

    @property
    def pattern(self) -> Pattern:
        """Raises SourceError where the topic names no meter."""
        return Pattern(self.topic, self.address)

    def misfit(self, address: str | int | None) -> str | None:
        return None if address is None else self.pattern.misfit(str(address))

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            Pattern(self.topic, self.address)
        except SourceError as error:
            raise ValueError(str(error)) from error
        return self
