"""`parkwatt collect`: the collectors of an edge, a spool, and the way to the centre; no database, no port."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ingest.assignment import Assignment, assignments
from ingest.errors import StoreUnavailable
from ingest.pipeline import Pipeline
from ingest.spool import Spool
from ingest.supervisor import Supervisor
from telemetry.edge.beat import Beat
from telemetry.edge.figures import Figures, shown
from telemetry.edge.link import Link
from telemetry.edge.uplink import Uplink
from telemetry.jobs.reload import Reloader
from telemetry.settings.current import Current
from telemetry.settings.environment import Environment
from telemetry.settings.mistakes import ConfigError, Mistake
from telemetry.settings.plan import Plan, load_plan
from telemetry.settings.watch import Watch, watched

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 10.0
_WRITERS = 2
_ASIDE_BYTES = 64 << 20
_AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line says."""

    url: str
    name: str | None = None
    """Of this edge; None: the only one that the site names."""
    authority: Path | None = None
    plain: bool = False
    port: int | None = None
    """Of loopback, for Prometheus."""
    again_s: float = _AGAIN_S


def run(environment: Environment, order: Order) -> None:
    """Collect until SIGINT or SIGTERM. Raises ConfigError, SourceError, SpoolError."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    load = partial(load_plan, environment.config_dir, environment.mqtt_url)
    plan, watch = watched(environment.config_dir, load)
    name = edge_of(plan, order.name)
    with ExitStack() as parts:
        folder = environment.data_dir / "edge"
        spool = parts.enter_context(closing(Spool.open(folder / "spool", limit=environment.spool_mb << 20)))
        aside = parts.enter_context(closing(Spool.open(folder / "aside", limit=_ASIDE_BYTES)))
        link = parts.enter_context(
            closing(Link.to(order.url, environment.token, order.authority, plain=order.plain))
        )
        files = None if watch is None else (watch, load)
        asyncio.run(_Edge(files, order, name, Current(plan), link=link, spools=(spool, aside)).run())


def edge_of(plan: Plan, asked: str | None) -> str:
    """The name of this edge. Raises ConfigError when the site has none, or several and none was asked for."""
    names = sorted({source.edge for source in plan.site.sources if source.edge} if plan.site else ())
    file = str(plan.site_file or "sites/")
    if asked in names or (asked is None and len(names) == 1):
        return asked or names[0]
    if not names:
        raise ConfigError([Mistake(file, "sources", "no source is marked with the edge that reads it")])
    wanted = f"no source is marked edge: {asked}" if asked else "several edges are named; choose by --edge"
    raise ConfigError([Mistake(file, "sources", f"{wanted} ({', '.join(names)})")])


class _Edge:
    def __init__(
        self,
        files: tuple[Watch, Callable[[], Plan]] | None,
        order: Order,
        name: str,
        current: Current,
        *,
        link: Link,
        spools: tuple[Spool, Spool],
    ) -> None:
        """`files` are watched and loaded anew.

        `spools`: for what the centre has not seen, and for what it cannot use yet.
        """
        spool, aside = spools
        self._files = files
        self._order = order
        self._name = name
        self._current = current
        self._uplink = Uplink(link, aside)
        self._pipeline = Pipeline(self._uplink, spool, patience_s=_PATIENCE_S, writers=_WRITERS)
        self._supervisor = Supervisor(self._pipeline, time.time)
        self._beat = Beat(link, name, self._current, self._pipeline, spool, self._supervisor, self._uplink)

    async def run(self) -> None:
        """Ends collectors first, so that their last readings still find the pipeline."""
        await self._enact(self._current.plan)
        ended = _until_told()
        _LOG.info("edge %s collects for %s", self._name, self._order.url)
        figures = Figures(self._current, self._pipeline, self._supervisor)
        with shown(figures, self._order.port):
            await self._until(ended)

    async def _until(self, ended: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            others = [
                tasks.create_task(work)
                for work in (self._pipeline.run(), self._beat.run(), self._offer_again())
            ]
            others += [tasks.create_task(reloader.run()) for reloader in self._reloaders()]
            collecting = tasks.create_task(self._supervisor.run())
            await ended.wait()
            collecting.cancel()
            await asyncio.wait({collecting})
            for other in others:
                other.cancel()

    def _assigned(self, plan: Plan) -> Mapping[str, Assignment]:
        if plan.site is None:
            return {}
        return assignments(plan.site.sources, plan.site.meters, plan.library.devices, self._name)

    async def _enact(self, plan: Plan) -> None:
        """Raises SourceError."""
        change = self._supervisor.prepare(self._assigned(plan))
        self._current.adopt(plan)
        await self._supervisor.enact(change)

    def _reloaders(self) -> list[Reloader]:
        if self._files is None:
            return []
        watch, load = self._files
        return [Reloader(watch, self._current, load, self._enact)]

    async def _offer_again(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._uplink.offer_again)
            except StoreUnavailable as error:
                _LOG.debug("what stands aside waits: %s", error)
            await asyncio.sleep(self._order.again_s)


def _until_told() -> asyncio.Event:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    return ended
