"""How the edge tells the centre, every few seconds, that it is there and how its sources are doing."""

import asyncio
import logging
import time
from dataclasses import dataclass

from msgspec import Struct

from ingest.errors import StoreUnavailable
from ingest.pipeline import Pipeline
from ingest.spool import Spool
from ingest.supervisor import Supervisor
from telemetry.edge.link import Answer, Link
from telemetry.edge.uplink import Uplink
from telemetry.reports.edges import EdgeReport
from telemetry.reports.sources import Look
from telemetry.reports.waiting import queue, spooled
from telemetry.settings.current import Current

_LOG = logging.getLogger(__name__)
_BEAT_S = 10.0


class _Receipt(Struct):
    unknown: list[str]


@dataclass(slots=True)
class Beat:
    link: Link
    name: str
    current: Current
    pipeline: Pipeline
    spool: Spool
    supervisor: Supervisor
    uplink: Uplink
    told: str = ""
    """What was logged of the centre's last answer."""
    heard: bool = True

    async def run(self) -> None:
        """Until cancelled; a beat that does not reach the centre is left out."""
        while True:
            try:
                answer = await asyncio.to_thread(self.link.post, f"/api/v1/edges/{self.name}", self._report())
                self._heed(answer)
            except StoreUnavailable as error:
                self._unheard(error)
            await asyncio.sleep(_BEAT_S)

    def _report(self) -> EdgeReport:
        look = Look(self.current.plan.site, {}, time.time())
        return EdgeReport(
            look.time,
            queue(self.pipeline.health),
            spooled(self.spool.health(), look.zone),
            self.uplink.aside_rows,
            look.answers(self.supervisor.health),
        )

    def _unheard(self, error: StoreUnavailable) -> None:
        if self.heard:
            _LOG.warning("the centre is not reached: %s", error)
        self.heard = False

    def _heed(self, answer: Answer) -> None:
        unknown = answer.read(_Receipt).unknown if answer.taken else [self.name]
        if not self.heard:
            _LOG.info("the centre is reached again")
        self.heard = True
        text = ", ".join(unknown)
        if text and text != self.told:
            _LOG.warning("the site at the centre does not mark with the edge %s: %s", self.name, text)
        self.told = text
