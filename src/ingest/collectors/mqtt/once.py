"""One message of one meter, taken beside the service and without a trace in the broker."""

import asyncio
import secrets
from dataclasses import replace
from time import time

from ingest.collectors.mqtt.broker import Broker, Session, session
from ingest.collectors.mqtt.collect import as_bytes
from ingest.collectors.mqtt.topic import Pattern
from ingest.errors import SourceError
from ingest.json_device import JsonDevice
from ingest.once import Reading, Shown
from ingest.payload import PayloadReader

_WINDOW = 100


async def read_once(
    broker: Broker, pattern: Pattern, address: str, device: JsonDevice, wait_s: float
) -> Reading:
    """The first message of a meter. Raises SourceError when none comes in time, PayloadError."""
    reader = PayloadReader(device)
    own = replace(broker, client=f"parkwatt-read-{secrets.token_hex(6)}", lasting=False)
    topic = pattern.filter_of(address)
    try:
        async with asyncio.timeout(wait_s), session(own, topic) as connection:
            payload = await _first(connection, pattern, address, undated=not reader.dated)
    except TimeoutError as error:
        raise SourceError(f"no message on {topic} within {wait_s:g} s") from error
    reading = reader.read(payload, time())
    shown = (
        Shown(each.quantity, float(value), each.place, "")
        for each, value in zip(device.values, reading.values, strict=True)
    )
    return Reading(tuple(shown), tuple(map(str, reading.complaints)))


async def _first(connection: Session, pattern: Pattern, address: str, *, undated: bool) -> bytes:
    """A retained payload that tells no time may be of any age: the next one is waited for."""
    while True:
        for message in await connection.window(_WINDOW):
            if pattern.meter(message.topic.value) == address and not (message.retain and undated):
                return as_bytes(message.payload)
