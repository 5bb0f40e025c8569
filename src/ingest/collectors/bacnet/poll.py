"""How BACnet devices are read in turn, and how one is read once."""

import math
from collections.abc import Sequence

import numpy as np

from ingest.batch import row
from ingest.collector import Clock
from ingest.collectors.bacnet.client import Client
from ingest.collectors.bacnet.present import ACCUMULATOR_PROPERTIES, PROPERTIES, Present
from ingest.collectors.bacnet.source import BacnetSource
from ingest.collectors.bacnet.template import BacnetDevice
from ingest.errors import LineDown, PayloadError, UnitRefuses, UnitSilent
from ingest.once import Reading, Shown
from ingest.polling import Fetched, Poller
from ingest.rhythm import Station


class Device(Station):
    """One meter at one address."""

    def __init__(self, meter: str, address: str, template: BacnetDevice, poll_s: float | None = None) -> None:
        super().__init__(meter, poll_s)
        self.present = tuple(Present(declared) for declared in template.objects)
        self.quantities = template.quantities
        self._address = address
        self._objects_a_read = template.objects_a_read

    async def values(self, client: Client, complaints: list[PayloadError | UnitRefuses]) -> list[float]:
        """By the template's quantities; NaN where there is none. Raises LineDown, UnitSilent, UnitRefuses."""
        names = list(dict.fromkeys(one.declared.object for one in self.present))
        found: dict[str, dict[str, object]] = {}
        for start in range(0, len(names), self._objects_a_read):
            part = names[start : start + self._objects_a_read]
            found |= await client.read(self._address, {name: _properties(name) for name in part})
        return [_number(one, found[one.declared.object], complaints) for one in self.present]


class BacnetCollector(Poller[Device]):
    """Asks the devices of one source for as long as it runs."""

    def __init__(self, source: BacnetSource, devices: Sequence[Device], clock: Clock) -> None:
        super().__init__(source.code, source.kind, devices, clock, source.poll_s)
        self._client = Client(source)

    def close(self) -> None:
        self._client.close()

    async def fetch(self, station: Device) -> Fetched:
        complaints: list[PayloadError | UnitRefuses] = []
        try:
            values = np.array(await station.values(self._client, complaints))
        except (LineDown, UnitSilent, UnitRefuses) as error:
            return Fetched(trouble=error)
        now = self._clock()
        self.health.line.succeeded(now)
        kept = row(self._source, station.meter, round(now * 1e6), station.quantities, values)
        return Fetched(None if np.isnan(values).all() else kept, None, next(iter(complaints), None))


async def read_once(source: BacnetSource, device: Device) -> Reading:
    """What the objects show now. Raises SourceError."""
    client, complaints = Client(source), list[PayloadError | UnitRefuses]()
    try:
        values = await device.values(client, complaints)
    except UnitSilent as error:
        raise UnitSilent(f"{device.meter}: {error} within {source.timeout_s:g} s") from error
    finally:
        client.close()
    shown = (
        Shown(quantity, value, one.declared.object, "")
        for quantity, value, one in zip(device.quantities, values, device.present, strict=True)
    )
    return Reading(tuple(shown), tuple(map(str, complaints)))


def _properties(name: str) -> Sequence[str]:
    return ACCUMULATOR_PROPERTIES if name.startswith("accumulator") else PROPERTIES


def _number(
    one: Present, properties: dict[str, object], complaints: list[PayloadError | UnitRefuses]
) -> float:
    try:
        return one.number(properties)
    except PayloadError as error:
        complaints.append(error)
        return math.nan
