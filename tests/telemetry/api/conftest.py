"""A whole service without its collectors, asked as an integrator asks it."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from ingest.arrivals import Arrivals
from ingest.health import SourceHealth
from ingest.pipeline import Pipeline
from ingest.spool import Spool
from telemetry.access.keyring import Keyring
from telemetry.api import packing
from telemetry.api.access import Access
from telemetry.api.application import create
from telemetry.api.dependencies import Dependencies, Settings
from telemetry.api.guard import served
from telemetry.jobs.keys import KeyWatch
from telemetry.jobs.live import LiveHub
from telemetry.jobs.settle import Worker, basis_of
from telemetry.model import Site
from telemetry.reports.view import ParkView
from telemetry.settings.current import Current
from telemetry.settings.library import Library
from telemetry.settings.plan import Plan
from telemetry.settings.token import digest
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

Row = Mapping[str, Any]
T = TypeVar("T")


class Service:
    """The API over a real database, its pipeline and live hub on a loop in a thread."""

    def __init__(self, database: Database, plan: Plan, clock: Callable[[], float], spool: Spool) -> None:
        self.database = database
        self.plan = plan
        self.writer = Writer.open(database)
        self.worker = Worker(database, basis_of(plan))
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self.loop = self._runner.get_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.spool = spool
        self.pipeline = Pipeline(self.writer, spool)
        self.current = Current(plan)
        self.hub = LiveHub(ParkView(database, self.current), clock, pack=packing.packed)
        self.health: dict[str, SourceHealth] = {}
        arrivals = Arrivals()
        if plan.site:
            arrivals.follow(plan.site.sources, plan.site.meters)
        self.dependencies = Dependencies(
            database,
            self.current,
            self.pipeline,
            self.hub,
            lambda: self.health,
            Settings(served("localhost")),
            arrivals,
        )
        asyncio.run_coroutine_threadsafe(self.pipeline.run(), self.loop)

    @cached_property
    def app(self) -> FastAPI:
        """Made when it is asked, so that tests may replace it or its dependencies before."""
        return create(self.dependencies)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self._runner.close()
        self.spool.close()
        self.writer.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def call(self, method: str, path: str, **rest: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, **rest)

        return self.run(call())

    def get(self, path: str, **query: Any) -> Any:
        response = self.call("GET", f"/api/v1{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, rows: Sequence[Row], **query: str) -> Any:
        response = self.call("POST", "/api/v1/readings", json=rows, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def ask_for_keys(self, first: str) -> KeyWatch:
        """A door that opens to the first secret, and to keys that the watch finds."""
        ring = Keyring(digest(first))
        door = Settings(served("localhost"), Access(ring, asked=True))
        self.app = create(replace(self.dependencies, settings=door))
        watch = KeyWatch(self.database, ring)
        watch.step()
        return watch

    def ask(self, secret: str, method: str, path: str, **rest: Any) -> httpx.Response:
        return self.call(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"}, **rest)

    def administrators(self, first: str, areas: Iterable[str]) -> dict[str, str]:
        """A secret for each enterprise's."""
        return {area: self._administrator(first, area) for area in areas}

    def _administrator(self, first: str, area: str) -> str:
        body = {"name": area, "roles": ["enterprise-administrator"], "areas": [area]}
        made = self.ask(first, "POST", "/keys", json=body)
        assert made.status_code == 200, made.text
        return str(made.json()["secret"])

    def settle(self) -> None:
        """What the settling worker does by itself."""
        self.worker.start()
        self.worker.drain()

    def tick(self) -> Any:
        """Flush the newest readings, look at the park, and answer GET /live."""
        self.writer.close()
        self.run(self.hub.tick())
        return self.get("/live")


Start = Callable[[Site | None], Service]


@contextmanager
def _services(library: Library, folder: Path) -> Iterator[Callable[[Database, Site | None], Service]]:
    """Starts services for parks, and ends them."""
    started: list[Service] = []

    def open_service(database: Database, site: Site | None) -> Service:
        plan = Plan(site, None, library)
        if site is not None:
            apply_site(database, site, datetime(2023, 1, 1, tzinfo=UTC))
        spool = Spool.open(folder / f"spool{len(started)}", limit=1 << 20, segment=1 << 16)
        started.append(Service(database, plan, lambda: datetime.now(UTC).timestamp(), spool))
        return started[-1]

    yield open_service
    for service in started:
        service.close()


@pytest.fixture
def start(database: Database, library: Library, tmp_path: Path) -> Iterator[Start]:
    """Starts services for parks on the test's own database."""
    with _services(library, tmp_path) as open_service:
        yield partial(open_service, database)


@pytest.fixture(scope="module")
def start_for_file(
    open_for_file: Callable[[], Database], library: Library, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Start]:
    """Starts services that stay until the file's last test, for tests that leave them as they are."""
    with _services(library, tmp_path_factory.mktemp("spools")) as open_service:
        yield lambda site: open_service(open_for_file(), site)


@pytest.fixture
def address(service: Any) -> Iterator[str]:
    """The service behind a real HTTP server."""
    server = uvicorn.Server(uvicorn.Config(service.app, port=0, log_level="error", lifespan="off"))
    serving = asyncio.run_coroutine_threadsafe(server.serve(), service.loop)
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    serving.result(60)
