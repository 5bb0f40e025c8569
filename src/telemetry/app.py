"""The wiring of the service: every part by name, started in order, ended in reverse."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from socket import socket
from types import FrameType
from typing import NoReturn, Protocol
from urllib.parse import urlsplit

import uvicorn

from alerts.look import Circumstances
from ingest.arrivals import Arrivals
from ingest.assignment import Assignment, assignments
from ingest.errors import StoreUnavailable
from ingest.health import Cause, SourceHealth
from ingest.pipeline import Pipeline
from ingest.spool import Spool, SpoolHealth, SpoolState
from ingest.supervisor import Change, Supervisor
from telemetry import web
from telemetry.access.keyring import Keyring
from telemetry.access.provider import Provider
from telemetry.access.roster import Roster
from telemetry.access.vouching import unfit_roles
from telemetry.api import packing
from telemetry.api.access import Access
from telemetry.api.application import create
from telemetry.api.dependencies import Dependencies, Settings
from telemetry.api.guard import served
from telemetry.api.heads import HeadInTime
from telemetry.api.opening import opening
from telemetry.jobs.adopt import Adopter, Bounds
from telemetry.jobs.alert_news import AlertNews
from telemetry.jobs.alerts import Alerter
from telemetry.jobs.announced import Announcements
from telemetry.jobs.attending import Attendant
from telemetry.jobs.desks import InDatabase, OnDisk
from telemetry.jobs.expiry import Expirer
from telemetry.jobs.heads import HeadKeeper
from telemetry.jobs.keys import KeyWatch
from telemetry.jobs.live import LiveHub
from telemetry.jobs.people import PeopleWatch
from telemetry.jobs.prepare import Preparation, tell
from telemetry.jobs.reload import Reloader
from telemetry.jobs.sending import Sender
from telemetry.jobs.settle import Settler
from telemetry.model import Retention
from telemetry.reports.strays import StrayTally
from telemetry.reports.view import ParkView
from telemetry.settings import standing
from telemetry.settings.audit_heads import noted
from telemetry.settings.current import Current
from telemetry.settings.environment import Environment
from telemetry.settings.mistakes import ConfigError, Mistake
from telemetry.settings.plan import Plan, load_plan
from telemetry.settings.token import accounts_noted, first_token
from telemetry.settings.watch import Watch, watched
from telemetry.storage.errors import StorageUnavailable
from telemetry.storage.outbox import Outbox
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer
from telemetry.upkeep import database_url

_LOG = logging.getLogger(__name__)
_WRITERS = 2
_THREADS = 32
"""More than there are parts: without the database each waits in one, and messages must not wait behind."""
_GONE = {Cause.UNREACHABLE, Cause.SILENT, Cause.SOURCE}
"""What is the source's own doing."""
_PATIENCE_S = 3.0
"""How long a sender waits for the database before its rows go to the spool."""


def run(environment: Environment) -> None:
    """Serve until SIGINT or SIGTERM. Raises ConfigError, StorageError, EmbeddedPostgresError, SpoolError."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("psycopg.pool").setLevel(
        logging.ERROR
    )  # it tells of every attempt; we tell of each change
    signal.signal(signal.SIGTERM, _leave)
    environment = _with_folder(environment)
    plan, watch = watched(environment.config_dir, _loader(environment))
    settings = _settings(environment)
    with (
        database_url(environment) as url,
        closing(Database(url)) as database,
        closing(Writer(database)) as writer,
        closing(Spool.open(environment.data_dir / "spool", limit=environment.spool_mb << 20)) as spool,
        closing(Outbox.open(environment.data_dir / "outbox")) as outbox,
    ):
        current = Current(plan)
        preparation = Preparation(url, database, writer, current)
        pipeline = Pipeline(preparation, spool, patience_s=_PATIENCE_S, writers=_WRITERS)
        _begin(preparation, pipeline)
        asyncio.run(
            _serve(
                environment,
                settings,
                database,
                writer=writer,
                current=current,
                preparation=preparation,
                pipeline=pipeline,
                outbox=outbox,
                watch=watch,
            )
        )


def _with_folder(environment: Environment) -> Environment:
    """A site file that is written on the page stands beside the data where no folder is named."""
    if environment.config_dir is not None:
        return environment
    folder = environment.data_dir / "config"
    folder.mkdir(parents=True, exist_ok=True)
    return replace(environment, config_dir=folder)


def _begin(preparation: Preparation, pipeline: Pipeline) -> None:
    """A database that does not answer is waited for. Raises StorageError for one that cannot be used."""
    try:
        preparation.attempt()
    except StorageUnavailable as error:
        pipeline.health.failed(StoreUnavailable(preparation.reason))
        _LOG.error(
            "ParkWatt starts without its database and goes on by itself when it answers; until then readings "
            "are kept in the spool, and nothing is settled or shown: %s",
            error,
        )


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """Uvicorn raises its SIGTERM again when it is done; the database is to be closed all the same."""
    raise SystemExit(0)


def _settings(environment: Environment) -> Settings:
    first, made = first_token(environment)
    if made:
        print(f"Access token, shown this once: {made}", flush=True)  # noqa: T201  # for the person who starts it
    roster = Roster(anybody=accounts_noted(environment.data_dir), ready=False)
    named = (urlsplit(environment.url).hostname or "",) if environment.url else ()
    return Settings(
        hosts=served(environment.host, (*environment.allowed_hosts, *named)),
        access=Access(Keyring(first), asked=first is not None, roster=roster),
        url=environment.url,
        provider=_provider(environment),
    )


def _provider(environment: Environment) -> Provider | None:
    """Raises ConfigError for roles that nobody can have by it."""
    if environment.provider is None:
        return None
    if unfit := unfit_roles(environment.provider):
        raise ConfigError([Mistake("environment", "PARKWATT_OIDC_ROLES", reason) for reason in unfit])
    return Provider(environment.provider)


class _Part(Protocol):
    async def run(self) -> None:
        """Until cancelled."""
        ...


async def _serve(
    environment: Environment,
    settings: Settings,
    database: Database,
    *,
    writer: Writer,
    current: Current,
    preparation: Preparation,
    pipeline: Pipeline,
    outbox: Outbox,
    watch: Watch | None,
) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, "work"))
    supervisor, arrivals = Supervisor(pipeline, time.time), Arrivals()
    hub = LiveHub(ParkView(database, current, lambda: _failing(supervisor)), pack=packing.packed)
    strays = StrayTally()
    adopter = Adopter(database, preparation, strays, current.named, partial(_bounds, current))
    running = _Running(database, writer, current, preparation, supervisor, arrivals, hub, adopter)
    await running.assign(current.plan)
    collected = partial(_by_source, supervisor)
    senders = Sender(InDatabase(database, outbox), current), Sender(OnDisk(outbox, database), current)
    alerter = Alerter(
        database,
        current,
        partial(_circumstances, supervisor, pipeline.spool),
        told=partial(_wake, senders),
        outbox=outbox,
        heard=partial(_heard_us, supervisor, arrivals),
        fresh=writer.fresh,
        sources=lambda: supervisor.health,
    )
    writer.tell(alerter.wake)
    dependencies = Dependencies(
        database,
        current,
        pipeline,
        hub,
        collected,
        settings,
        arrivals,
        strays=strays,
        audit_heads=partial(noted, environment.data_dir),
        rule_health=alerter.health,
        folder=environment.config_dir,
    )
    server = _server(environment, dependencies, hub)
    parts: list[_Part] = [
        pipeline,
        hub,
        Settler(database, current),
        Expirer(database, current),
        KeyWatch(database, settings.access.ring),
        HeadKeeper(database, environment.data_dir),
        PeopleWatch.of(environment, database, settings.access.roster),
        adopter,
        Announcements(database, current, hub.renew),
        alerter,
        AlertNews(database, current, hub.tell),
        *senders,
        Attendant(current),
        *([Reloader(watch, current, _loader(environment), running.enact)] if watch else ()),
    ]
    async with asyncio.TaskGroup() as tasks:
        others = [tasks.create_task(part.run()) for part in parts]
        others.append(tasks.create_task(preparation.run(partial(running.prepared, pipeline))))
        collecting = tasks.create_task(supervisor.run())
        try:
            await server.serve()
        finally:  # uvicorn raises SIGTERM again, and that leaves by SystemExit
            dependencies.optima.close()
            dependencies.trials.close()
            await dependencies.scans.close()
            await _ended(collecting)
            for part in others:
                part.cancel()


async def _ended(collecting: asyncio.Task[None]) -> None:
    """The collectors hand over what they hold to the pipeline, even where Ctrl-C cancels us meanwhile."""
    collecting.cancel()
    try:
        await asyncio.wait({collecting})
    except asyncio.CancelledError:
        await asyncio.wait({collecting})
        raise


@dataclass(frozen=True, slots=True)
class _Running:
    """What a changed plan reaches."""

    database: Database
    writer: Writer
    current: Current
    preparation: Preparation
    supervisor: Supervisor
    arrivals: Arrivals
    hub: LiveHub
    adopter: Adopter

    async def assign(self, plan: Plan) -> None:
        """Raises SourceError."""
        await self._assign(plan, self.supervisor.prepare(_assignments(plan)))

    async def enact(self, plan: Plan) -> None:
        """Raises SourceError, StorageError; then the plan of before holds."""
        if not self.preparation.done:
            raise StorageUnavailable(self.preparation.reason)
        change = self.supervisor.prepare(_assignments(plan))
        await asyncio.to_thread(tell, self.database, plan)
        self.current.adopt(plan)
        await self._assign(plan, change)
        await asyncio.to_thread(self.writer.refresh)
        self.adopter.wake()
        self.hub.renew()
        standing.leave_out()

    def prepared(self, pipeline: Pipeline) -> None:
        """The database has answered for the first time, after the start."""
        pipeline.health.recovered()
        self.adopter.wake()
        self.hub.renew()

    async def _assign(self, plan: Plan, change: Change) -> None:
        if plan.site:
            self.arrivals.follow(plan.site.sources, plan.site.meters)
        await self.supervisor.enact(change)


def _bounds(current: Current) -> Bounds:
    kept = current.plan.site.retention if current.plan.site else Retention()
    return Bounds(kept.stray_rows, kept.unmapped_rows)


def _assignments(plan: Plan) -> Mapping[str, Assignment]:
    if plan.site is None:
        return {}
    return assignments(plan.site.sources, plan.site.meters, plan.library.devices)


def _loader(environment: Environment) -> Callable[[], Plan]:
    return partial(load_plan, environment.config_dir, environment.mqtt_url)


def _failing(supervisor: Supervisor) -> set[str]:
    meters = (item for source in supervisor.health for item in source.known())
    return {code for code, health in meters if health.failing}


def _circumstances(supervisor: Supervisor, spool: Spool | None) -> Circumstances:
    """What is known beside the readings."""
    down = {each.source for each in supervisor.health if each.line.failing and each.line.last_cause in _GONE}
    share = _share(spool.health()) if spool else float("nan")
    return Circumstances(frozenset(_failing(supervisor)), frozenset(down), spool_share=share)


def _share(spool: SpoolHealth) -> float:
    """Where the disk itself has no room left, nothing more goes in."""
    return 1.0 if spool.state is SpoolState.FULL else spool.bytes / spool.limit


def _heard_us(supervisor: Supervisor, arrivals: Arrivals) -> Mapping[str, int]:
    """When whoever reads each meter heard of it last."""
    sources = (*supervisor.health, *arrivals.health.values())
    meters = (item for source in sources for item in source.known())
    return {code: int(each.last_success * 1e6) for code, each in meters if each.last_success is not None}


def _wake(senders: Iterable[Sender]) -> None:
    for sender in senders:
        sender.wake()


def _by_source(supervisor: Supervisor) -> Mapping[str, SourceHealth]:
    return {health.source: health for health in supervisor.health}


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, hub: LiveHub) -> None:
        super().__init__(config)
        self._hub = hub

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            standing.leave_out()
            _LOG.info("ParkWatt answers on http://%s:%d", self.config.host, self.config.port)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self._hub.close()
        await super().shutdown(sockets)


def _server(environment: Environment, dependencies: Dependencies, hub: LiveHub) -> uvicorn.Server:
    application = create(dependencies)
    web.mount(application, opening=opening(dependencies))
    config = uvicorn.Config(
        application,
        host=environment.host,
        port=environment.port,
        log_level="warning",
        timeout_graceful_shutdown=5,
        server_header=False,
        http=HeadInTime,
    )
    return _Server(config, hub)
