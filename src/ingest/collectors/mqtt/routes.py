"""Which meters a message is for, and who reads it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.collector import Devices, Meter, template_of
from ingest.collectors.mqtt.topic import Pattern
from ingest.errors import SourceError
from ingest.json_device import JsonDevice, TimeForm
from ingest.payload import PayloadReader

_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """Who reads a message, and the meter it is of; a gateway's message names its meters itself."""

    reader: PayloadReader
    meter: str
    records: Mapping[str, str] | None = None
    """Codes by the names in the message."""
    beside: frozenset[str] = frozenset()
    """Names of the gateway's meters that other templates read."""
    other: str | None = None
    """A channel that the template does not mention: its numbers are kept aside."""


class Routes:
    """From topics to meters; what a topic means is worked out once."""

    def __init__(
        self, pattern: Pattern, meters: Sequence[Meter], devices: Devices, zone: str | None = None
    ) -> None:
        """Raises SourceError when a meter does not fit."""
        self.pattern = pattern
        self.meters = tuple(meter.code for meter in meters)
        self._zone = zone
        self._single: dict[str, list[tuple[str, JsonDevice]]] = {}
        self._gateways: dict[str, dict[str, tuple[JsonDevice, dict[str, str]]]] = {}
        self._readers: dict[tuple[str, str | None], PayloadReader] = {}
        self._known: dict[str, tuple[Route, ...] | None] = {}
        for meter in meters:
            self._enter(meter, template_of(meter, devices, JsonDevice, "MQTT"))

    @property
    def dated(self) -> bool:
        """Every payload says when it was read."""
        gateways = (device for behind in self._gateways.values() for device, _ in behind.values())
        single = (device for found in self._single.values() for _, device in found)
        return all(device.time.form is not TimeForm.NONE for device in (*gateways, *single))

    @property
    def split(self) -> bool:
        """Some device sends its quantities in messages of their own."""
        return any(device.channels for found in self._single.values() for _, device in found)

    @property
    def alike(self) -> list[PayloadReader]:
        """How a device may be read that nobody has declared: as the source's others, dated ones first."""
        single = (device for found in self._single.values() for _, device in found)
        gateways = (device for behind in self._gateways.values() for device, _ in behind.values())
        devices = {device.code: device for device in (*gateways, *single)}
        readers = [self._reader(device, None) for device in devices.values()]
        return sorted(readers, key=lambda reader: not reader.dated)

    def of(self, topic: str) -> tuple[Route, ...] | None:
        """None where no meter has the topic's address."""
        if topic not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[topic] = self._find(topic)
        return self._known[topic]

    def _enter(self, meter: Meter, device: JsonDevice) -> None:
        address = address_of(meter)
        if device.records is not None:
            gateway, _, name = address.rpartition("/")
            behind = self._gateways.setdefault(gateway, {}).setdefault(device.code, (device, {}))[1]
            behind[name] = meter.code
            return
        standing = self._single.setdefault(address, [])
        twin = next((code for code, other in standing if other.code == device.code), None)
        if twin is not None:
            raise SourceError(f"meters {twin} and {meter.code} have the same address {address!r}")
        standing.append((meter.code, device))

    def _find(self, topic: str) -> tuple[Route, ...] | None:
        place = self.pattern.place(topic)
        if place is None:
            return None
        singles = self._single.get(place.address, [])
        gateways = self._gateways.get(place.address, {})
        if not singles and not gateways:
            return None
        behind = frozenset(name for _, names in gateways.values() for name in names)
        return (
            *self._of_channel(singles, place.channel),
            *(
                Route(self._reader(device, None), "", names, behind - names.keys())
                for device, names in gateways.values()
            ),
        )

    def _of_channel(self, singles: Iterable[tuple[str, JsonDevice]], channel: str | None) -> Iterable[Route]:
        for code, device in singles:
            if not device.channels:
                yield Route(self._reader(device, None), code)
            elif channel in device.channels:
                yield Route(self._reader(device, channel), code)
            elif channel:
                yield Route(self._reader(device, None), code, other=channel)

    def _reader(self, device: JsonDevice, channel: str | None) -> PayloadReader:
        key = device.code, channel
        if key not in self._readers:
            self._readers[key] = PayloadReader(device, self._zone, channel)
        return self._readers[key]


def address_of(meter: Meter) -> str:
    return str(meter.code if meter.address is None else meter.address)
