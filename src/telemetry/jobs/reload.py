"""The configuration as it changes on the disk: taken up while the service runs, or refused with reasons."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.errors import SourceError
from telemetry.settings.billing import gone, taken_out
from telemetry.settings.current import Current
from telemetry.settings.mistakes import ConfigError, Mistake
from telemetry.settings.plan import Plan
from telemetry.settings.watch import Watch
from telemetry.storage.errors import StorageError

_LOG = logging.getLogger(__name__)
_LOOK_S = 1.0
_RETRY_S = 10.0


class Reloader:
    """Loads what changed and has it enacted; whatever stands in the way, the plan of before goes on."""

    def __init__(
        self,
        watch: Watch,
        current: Current,
        load: Callable[[], Plan],
        enact: Callable[[Plan], Awaitable[None]],
        *,
        look_s: float = _LOOK_S,
        retry_s: float = _RETRY_S,
    ) -> None:
        """`load` raises ConfigError; `enact` raises SourceError or StorageError and then changed nothing."""
        self._watch = watch
        self._current = current
        self._load = load
        self._enact = enact
        self._look_s = look_s
        self._retry_s = retry_s

    async def run(self) -> None:
        """Until cancelled."""
        due = False
        while True:
            await asyncio.sleep(self._retry_s if due else self._look_s)
            due = due or await asyncio.to_thread(self._watch.settled)
            if due:
                due = not await self._reload()

    async def _reload(self) -> bool:
        """False when it has to be tried again although no file changes."""
        try:
            plan = await asyncio.to_thread(self._load)
            await self._take_up(plan)
        except ConfigError as error:
            self._refuse(error.mistakes)
        except SourceError as error:
            self._refuse((Mistake(str(self._current.plan.site_file or ""), "sources", str(error)),))
        except StorageError as error:
            self._refuse((Mistake("", "", f"the database could not take the change yet: {error}"),))
            return False
        except Exception:  # noqa: BLE001  # a reload that fails must not end the service
            _LOG.exception("the changed configuration could not be taken up; the one of before goes on")
        return True

    async def _take_up(self, plan: Plan) -> None:
        old = self._current.plan
        if old.site is not None and plan.site is None:
            raise ConfigError([Mistake(str(old.site_file), "", "is gone; a park is not ended by that")])
        if old.site and plan.site and plan.site.billing:
            today = datetime.now(ZoneInfo(plan.site.zone)).date()
            ended = taken_out(old.site.billing, plan.site, today)
            if ended:
                raise ConfigError(gone(str(plan.site_file or ""), ended, plan.site.billing, today))
        await self._enact(plan)
        _LOG.info("the changed configuration holds now")

    def _refuse(self, mistakes: tuple[Mistake, ...]) -> None:
        if self._current.refuse(mistakes):
            told = "; ".join(map(str, mistakes))
            _LOG.error("the changed configuration is not taken up, the one of before goes on: %s", told)
