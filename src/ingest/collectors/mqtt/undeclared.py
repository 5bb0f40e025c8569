"""What comes from addresses at which no meter is declared: listed, and kept whole until one is."""

from collections.abc import Container, Iterator
from contextlib import suppress

from ingest.collectors.mqtt.inbox import Arrival
from ingest.collectors.mqtt.routes import Routes
from ingest.errors import PayloadError
from ingest.health import SourceHealth
from ingest.payload import Beside, PayloadReader, whole
from ingest.sampling import Sampler
from ingest.unmapped import at_address, is_address


class Undeclared:
    def __init__(self, health: SourceHealth, routes: Routes, sampler: Sampler) -> None:
        self._health = health
        self._pattern = routes.pattern
        self._alike = routes.alike
        self._sampler = sampler

    def take(self, message: Arrival) -> None:
        """A message on a topic that leads to no meter."""
        self._health.refuse(message.at, message.topic, "no meter has this address", message.payload)
        self._health.met(message.at, message.topic)
        place = self._pattern.place(message.topic)
        if place is not None and not self._kept_records(place.address, message):
            found = self._read(message, place.channel)
            if found is not None:
                self._keep(place.address, found, message)

    def take_records(self, reader: PayloadReader, names: Container[str], message: Arrival) -> None:
        """Of a known gateway's message the meters of these names."""
        place = self._pattern.place(message.topic)
        for name, found in reader.whole_records(message.payload, message.at):
            if name in names and place is not None:
                reason = f"no meter has the name {name!r} of this gateway"
                self._health.refuse(message.at, message.topic, reason, message.payload)
                self._health.met(message.at, f"{message.topic}/{name}")
                self._keep(f"{place.address}/{name}", found, message)

    def _kept_records(self, gateway: str, message: Arrival) -> bool:
        """Whether it is like the message of another gateway of this source."""
        for reader in self._fitting(message):
            records = list(reader.whole_records(message.payload, message.at))
            for name, found in records:
                self._keep(f"{gateway}/{name}", found, message)
            if records:
                return True
        return False

    def _read(self, message: Arrival, channel: str | None) -> Beside | None:
        """None where it is no JSON, or nobody knows how long it was retained."""
        for reader in self._fitting(message):
            if reader.records is None:
                with suppress(PayloadError):
                    return reader.whole(message.payload, message.at, channel)
        with suppress(PayloadError):
            return None if message.retain else whole(message.payload, message.at, channel)
        return None

    def _fitting(self, message: Arrival) -> Iterator[PayloadReader]:
        """A retained message counts where it tells its time."""
        return (reader for reader in self._alike if reader.dated or not message.retain)

    def _keep(self, address: str, found: Beside, message: Arrival) -> None:
        name = at_address(address)
        if is_address(name) and self._sampler.due(name, message.at):
            self._sampler.keep(name, *found)
