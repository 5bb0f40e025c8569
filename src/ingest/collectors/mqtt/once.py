"""What one meter sends next, taken beside the service and without a trace in the broker."""

import asyncio
import secrets
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.collector import Clock
from ingest.collectors.mqtt.broker import Broker
from ingest.collectors.mqtt.routes import Routes
from ingest.collectors.mqtt.rows import RowReader
from ingest.collectors.mqtt.session import Session, session
from ingest.errors import SourceError
from ingest.health import SourceHealth
from ingest.json_device import JsonDevice
from ingest.once import Reading, Shown
from ingest.sampling import Sampling

_WINDOW = 100
_TOGETHER_S = 2.0


async def read_once(
    broker: Broker, routes: Routes, address: str, device: JsonDevice, *, wait_s: float, clock: Clock
) -> Reading:
    """The next message of a meter, or the next few of one that splits them. Raises SourceError."""
    own = replace(broker, client=f"parkwatt-read-{secrets.token_hex(6)}", keeps_s=0)
    topic = routes.pattern.filter_of(address)
    health = SourceHealth.of("read", "mqtt", routes.meters)
    try:
        async with asyncio.timeout(wait_s), session(own, topic, clock=clock) as connection:
            values = await _first(connection, RowReader(health, routes, Sampling(names=0)), health, device)
    except TimeoutError as error:
        raise SourceError(f"no message on {topic} within {wait_s:g} s") from error
    shown = tuple(
        Shown(each.quantity, float(value), each.place, "")
        for each, value in zip(device.values, values, strict=True)
    )
    return Reading(shown, tuple(aside.reason for aside in health.aside))


async def _first(
    connection: Session, rows: RowReader, health: SourceHealth, device: JsonDevice
) -> NDArray[np.float64]:
    """By the device's quantities. A retained payload without a time may be of any age: it is passed over."""
    while True:
        batches = rows.read(await connection.window(_WINDOW, _TOGETHER_S if device.channels else 0.0))
        for meter in health.meters.values():
            if meter.failing:
                raise SourceError(f"{meter.name}: {meter.last_error}")
        if batches:
            return _newest(batches[0], device.quantities)


def _newest(batch: Batch, quantities: tuple[str, ...]) -> NDArray[np.float64]:
    """The last value of each quantity among all rows, float64[k]; NaN where there is none."""
    values = np.full(len(quantities), np.nan)
    for row in batch.values:
        shown = np.flatnonzero(~np.isnan(row))
        values[[quantities.index(batch.quantities[column]) for column in shown]] = row[shown]
    return values
