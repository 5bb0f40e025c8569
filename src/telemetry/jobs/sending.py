"""Deliveries of alerts leave: leased, sent, recorded; who dies in between leaves them to the next."""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from alerts import routing
from alerts.channel import Channel
from alerts.contacts import Contact
from alerts.errors import Undelivered
from alerts.wording import message
from telemetry.jobs.desks import Desk, Ledger
from telemetry.settings.current import Current
from telemetry.storage.deliveries import Bundle, Turn
from telemetry.storage.errors import StorageError

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
LEASE_S = 60.0
_AT_ONCE = 8
_PAUSE_S = 0.2
"""Between looks while something is about to be due or is being sent."""
_LOOK_S = 1.0
"""Between looks for what others wrote."""
_AWAY_S = 5.0
_GOODBYE_S = 10.0
_ATTEMPTS = 12
_FIRST_RETRY_S, _LONGEST_RETRY_S = 5.0, 3600.0


class Sender:
    """Any number may work on one database; each message is sent by one at a time."""

    def __init__(
        self,
        desk: Desk,
        current: Current,
        variables: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
        *,
        lease_s: float = LEASE_S,
    ) -> None:
        """`clock` gives the wall's time [s]."""
        self._desk = desk
        self._current = current
        self._variables = variables
        self._clock = clock
        self._lease_s = lease_s
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._woken = asyncio.Event()
        self._rest_s = _LOOK_S

    async def run(self) -> None:
        """Until cancelled; what is being sent then is let finish for a while."""
        sending: set[asyncio.Task[None]] = set()
        failing = False
        try:
            while True:
                try:
                    taken = await self._taken(sending) if len(sending) < _AT_ONCE else None
                    failing = False
                except StorageError as error:
                    if not failing:
                        _LOG.warning("messages wait for the database: %s", error)
                    taken, failing = None, True
                if taken is None:
                    await self._pause(_AWAY_S if failing else _PAUSE_S if sending else self._rest_s)
                else:
                    task = asyncio.create_task(self.deliver(taken))
                    sending.add(task)
                    task.add_done_callback(sending.discard)
        finally:
            if sending:
                await asyncio.wait(sending, timeout=_GOODBYE_S)

    async def _taken(self, sending: set[asyncio.Task[None]]) -> Bundle | None:
        """What is taken in the moment of the end is sent all the same: nobody else may for a while."""
        taking = asyncio.create_task(self.take())
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            sending.add(asyncio.create_task(self._last(taking)))
            raise

    async def _last(self, taking: Awaitable[Bundle | None]) -> None:
        with suppress(StorageError):
            taken = await taking
            if taken is not None:
                await self.deliver(taken)

    def wake(self) -> None:
        """Something may be due now; from the loop's own thread."""
        self._woken.set()

    async def _pause(self, longest_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._woken.wait()
        self._woken.clear()

    async def step(self) -> bool:
        """Send one message; False when none was due. Raises StorageError."""
        taken = await self.take()
        if taken is not None:
            await self.deliver(taken)
        return taken is not None

    async def take(self) -> Bundle | None:
        """What is due longest, leased. Raises StorageError."""
        return await self._stored(self._take)

    async def deliver(self, bundle: Bundle) -> None:
        """Send, and record what became of it."""
        contact = self._current.plan.directory.by_code.get(bundle.contact)
        channel = contact.channel(bundle.channel) if contact else None
        if contact is None or channel is None:
            reason = f"there is no channel {bundle.channel} of a contact {bundle.contact} any more"
            await self._recorded(bundle, lambda of: self._failed(of, bundle, Undelivered(reason, final=True)))
            return
        leased = asyncio.create_task(self._stay_leased(bundle))
        try:
            await self._send(bundle, contact, channel)
        except Undelivered as error:
            told = Undelivered(channel.hidden(str(error), self._variables), final=error.final)
            await self._recorded(bundle, lambda of: self._failed(of, bundle, told))
        else:
            await self._recorded(bundle, lambda of: self._sent(of, bundle, channel))
        finally:
            leased.cancel()

    async def _send(self, bundle: Bundle, contact: Contact, channel: Channel) -> None:
        """Raises Undelivered."""
        zone = self._current.plan.zone
        try:
            told = message(
                bundle.key,
                bundle.notices,
                contact.language,
                zone,
                passed_on=bundle.step > 0,
                away_us=self._desk.away_us,
            )
            await channel.send(told, self._variables)
        except Undelivered:
            raise
        except Exception as error:
            raise Undelivered(f"{type(error).__name__}: {error}") from error

    def _take(self, ledger: Ledger) -> Bundle | None:
        turn = self._turn()
        taken = ledger.take(turn, self._group)
        if taken is None:
            following = ledger.following()
            left_s = _LOOK_S if following is None else (following - turn.now).total_seconds()
            self._rest_s = min(max(left_s, _PAUSE_S), _LOOK_S)
        return taken

    def _group(self, contact: str, channel: str) -> Sequence[str] | None:
        known = self._current.plan.directory.by_code.get(contact)
        named = known.channel(channel) if known else None
        return known.group if known and named and named.grouped else None

    def _sent(self, ledger: Ledger, bundle: Bundle, channel: Channel) -> None:
        now = self._now()
        ledger.sent(bundle.key, now)
        notice = bundle.notices[0]
        if channel.renew_s is not None and notice.what not in {"resolved", "test"}:
            change = f"{notice.id}/{bundle.renewal + 1}"
            new = routing.key(change, bundle.contact, bundle.channel)
            ledger.renew(bundle.key, new, now + timedelta(seconds=channel.renew_s), now)

    def _failed(self, ledger: Ledger, bundle: Bundle, error: Undelivered) -> None:
        final = error.final or bundle.attempts >= _ATTEMPTS
        wait_s = min(_FIRST_RETRY_S * 2 ** (bundle.attempts - 1), _LONGEST_RETRY_S)
        due = self._now() + timedelta(seconds=wait_s)
        ledger.failed(bundle.key, self._holder, str(error), due, final=final)
        if final:
            _LOG.error("a message to %s by %s is given up: %s", bundle.contact, bundle.channel, error)

    async def _stay_leased(self, bundle: Bundle) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            with suppress(StorageError):
                await self._stored(lambda of: of.extend(bundle.key, self._turn()), bundle.key)

    async def _recorded(self, bundle: Bundle, note: Callable[[Ledger], None]) -> None:
        """However long it takes: what is not recorded is sent again."""
        while True:
            try:
                await self._stored(note, bundle.key)
            except StorageError as error:
                _LOG.warning("what became of a message waits for the database: %s", error)
                await asyncio.sleep(1.0)
            else:
                return

    async def _stored(self, work: Callable[[Ledger], T], key: str | None = None) -> T:
        return await asyncio.to_thread(self._desk.work, work, key)

    def _turn(self) -> Turn:
        now = self._now()
        return Turn(self._holder, now, now + timedelta(seconds=self._lease_s))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
