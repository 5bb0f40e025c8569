"""What goes on beside the sending, as the presence of a signal on its broker, while the service runs."""

import asyncio
import logging
import os
from collections.abc import Iterable, Mapping

from alerts.channel import Channel
from telemetry.settings.current import Current

_LOG = logging.getLogger(__name__)
_LOOK_S = 1.0
_AWAY_S = 5.0
_GOODBYE_S, _TRIES = 5.0, 3


class Attendant:
    """Goes by the contacts that hold at the time."""

    def __init__(self, current: Current, variables: Mapping[str, str] = os.environ) -> None:
        self._current = current
        self._variables = variables
        self._attended: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._attend()
                await asyncio.sleep(_LOOK_S)
        finally:
            await _ended(self._attended.values())

    async def _attend(self) -> None:
        """End what is not wanted any more, then begin what is: both may speak of one presence."""
        wanted = {
            f"{contact.code}/{channel.name}/{channel!r}": channel
            for contact in self._current.plan.directory.contacts
            for channel in contact.channels
        }
        gone = [name for name in self._attended if name not in wanted]
        await _ended(self._attended[name] for name in gone)
        for name in gone:
            del self._attended[name]
        for name, channel in wanted.items():
            if name not in self._attended:
                self._attended[name] = asyncio.create_task(self._attending(channel))

    async def _attending(self, channel: Channel) -> None:
        """Until it has nothing to do."""
        while True:
            try:
                await channel.attend(self._variables)
            except Exception as error:  # noqa: BLE001  # it is tried again
                _LOG.debug("%s: %s", channel.name, channel.hidden(str(error), self._variables))
                await asyncio.sleep(_AWAY_S)
            else:
                return


async def _ended(attending: Iterable[asyncio.Task[None]]) -> None:
    """Once they have said their last; Python 3.11 loses a cancellation that meets an answer."""
    left = set(attending)
    for _ in range(_TRIES):
        for each in left:
            each.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=_GOODBYE_S)
