"""Small parks for the databases of tests, when they are looked at, batches for their meters, and gateways."""

import asyncio
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import psycopg
import pytest

from ingest.batch import Batch
from telemetry.model import Chunks, Site
from telemetry.settings.library import Library, load_library
from telemetry.settings.mistakes import Mistake
from telemetry.storage import server
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.server import Server
from telemetry.storage.writer import Writer

_JOBS = "select job_id from timescaledb_information.jobs where hypertable_name = 'reading'"
Row = tuple[str, int, dict[str, float]]
Answer = Callable[[int, bytes], bytes]
"""Of a unit to what it is asked, both as Modbus has them; nothing: it is silent."""


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="session")
def library() -> Library:
    """The library that travels with the program."""
    mistakes: list[Mistake] = []
    loaded = load_library(None, mistakes)
    assert mistakes == []
    return loaded


@pytest.fixture(scope="session")
def make_site() -> Callable[..., Site]:
    """A park of the meters given as mappings; what they leave out is filled in."""

    def site(*meters: dict[str, Any], region: str = "CN-GD", **rest: Any) -> Site:
        return Site.model_validate(
            {
                "code": "park",
                "name": {"en": "Park", "zh": "园区"},
                "zone": "Asia/Shanghai",
                "region": region,
                "areas": [
                    {"code": "park", "kind": "park", "name": {"en": "Park", "zh": "园区"}},
                    {
                        "code": "hall",
                        "kind": "enterprise",
                        "name": {"en": "Hall", "zh": "厂房"},
                        "parent": "park",
                    },
                ],
                "sources": [{"kind": "push", "code": "push"}],
                "meters": [_meter(**meter) for meter in meters],
                **rest,
            }
        )

    return site


def _meter(code: str, **rest: Any) -> dict[str, Any]:
    read = {} if "formula" in rest else {"source": "push"}
    return {"code": code, "name": {"en": code, "zh": code}, "area": "park", **read, **rest}


@pytest.fixture
def batch() -> Callable[..., Batch]:
    """A batch of rows (meter, seconds since 1970, values by quantity)."""

    def made(*rows: Row, source: str = "push") -> Batch:
        meters = tuple(dict.fromkeys(meter for meter, _, _ in rows))
        quantities = tuple(dict.fromkeys(name for _, _, values in rows for name in values))
        return Batch(
            source,
            meters,
            np.array([meters.index(meter) for meter, _, _ in rows], np.int32),
            np.array([seconds * 1_000_000 for _, seconds, _ in rows], np.int64),
            quantities,
            np.array([[values.get(name, np.nan) for name in quantities] for _, _, values in rows]),
        )

    return made


@pytest.fixture
def to_columns(database: Database, migrated_url: str) -> Callable[[], None]:
    """Runs the policy that the service sets on a Community edition; does nothing elsewhere."""
    with database.connection() as tx:
        server.arrange(tx, Chunks(columnstore=1))
        found = server.server_of(tx)

    def convert() -> None:
        with psycopg.connect(migrated_url, autocommit=True) as conn:
            for (job,) in conn.execute(_JOBS).fetchall() if found is Server.COMMUNITY else []:
                conn.execute("call run_job(%s)", [job])

    return convert


@pytest.fixture
def three(database: Database, make_site: Callable[..., Site], now: datetime) -> Database:
    apply_site(database, make_site({"code": "m1"}, {"code": "m2"}, {"code": "m3"}), now)
    return database


@pytest.fixture
def writer(three: Database, now: datetime) -> Iterator[Writer]:
    opened = Writer.open(three, now.timestamp)
    yield opened
    opened.close()


@pytest.fixture
def gateway() -> Iterator[Callable[[Answer], int]]:
    """Starts gateways of Modbus TCP; gives the port of each."""
    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    loop, servers = runner.get_loop(), list[asyncio.Server]()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def start(answer: Answer) -> int:
        serving = asyncio.start_server(partial(_answering, answer), "127.0.0.1", 0)
        servers.append(asyncio.run_coroutine_threadsafe(serving, loop).result(60))
        port: int = servers[-1].sockets[0].getsockname()[1]
        return port

    yield start
    for listening in servers:
        loop.call_soon_threadsafe(listening.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    runner.close()


async def _answering(answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while request := await reader.readexactly(12):
                said = answer(request[6], request[7:])
                if said:
                    writer.write(request[:4] + struct.pack(">HB", len(said) + 1, request[6]) + said)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
