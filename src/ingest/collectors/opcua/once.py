"""One reading of one meter's nodes."""

import math
import os
from collections.abc import Sequence

from ingest.collectors.opcua.session import session
from ingest.collectors.opcua.source import OpcUaSource
from ingest.collectors.opcua.tag import DataValue, Tag
from ingest.errors import PayloadError
from ingest.once import Reading, Shown


async def read_once(source: OpcUaSource, tags: Sequence[Tag]) -> Reading:
    """What the nodes show now; what the server does not vouch for is a complaint. Raises SourceError."""
    async with session(source, os.environ) as connection:
        said = await connection.read(tag.node for tag in tags)
    complaints: list[str] = []
    shown = tuple(_shown(tag, said[tag.node], complaints) for tag in tags)
    return Reading(shown, tuple(complaints))


def _shown(tag: Tag, said: DataValue, complaints: list[str]) -> Shown:
    try:
        number = tag.number(said)
    except PayloadError as error:
        complaints.append(str(error))
        number = math.nan
    return Shown(tag.quantity, number, tag.place, "")
