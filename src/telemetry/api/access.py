"""Who enters: the holder of a key, or of the session that a key opened."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from telemetry.access.asker import MACHINE, Asker
from telemetry.access.keyring import Keyring, Pass
from telemetry.api.problems import RETRY_AFTER_S, Refusal
from telemetry.settings.token import digest

COOKIE = "parkwatt_session"
SESSION_S = 12 * 3600
_MOST_SESSIONS = 10_000
_SCHEMES = frozenset({"bearer", "token"})
"""InfluxDB's clients say Token."""


@dataclass(slots=True)
class _Session:
    key: bytes
    """Hash of the secret that opened it: when that ends, so does the session."""
    until: float


@dataclass(frozen=True)
class Access:
    """Asks everyone for a key where `asked`; else whoever brings none of ours does as the machine's owner.

    Sessions stand in this process's memory: they end when it ends.
    """

    ring: Keyring = field(default_factory=Keyring)
    asked: bool = False
    now: Callable[[], float] = time.time
    _sessions: dict[bytes, _Session] = field(default_factory=dict, repr=False)

    def asker(self, request: Request) -> Asker:
        """Who asks. Raises Refusal (401, 429, 503)."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() in _SCHEMES:
            hashed: bytes | None = digest(secret.strip())
        else:
            hashed = self._of_session(request.cookies.get(COOKIE, ""))
        found = self.ring.find(hashed) if hashed else None
        if found is None:
            return self._unknown(offered=hashed is not None)
        return self._paced(found)

    def sign_in(self, secret: str) -> str:
        """Open a session; what its cookie says. Raises Refusal (401, 503)."""
        hashed = digest(secret)
        if self.ring.find(hashed) is None:
            self._unknown(offered=True)
        self._forget()
        cookie = secrets.token_urlsafe(32)
        self._sessions[digest(cookie)] = _Session(hashed, self.now() + SESSION_S)
        return cookie

    def sign_out(self, cookie: str) -> None:
        self._sessions.pop(digest(cookie), None)

    def _unknown(self, *, offered: bool) -> Asker:
        if not self.asked:
            return MACHINE
        if offered and not self.ring.ready:
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            raise Refusal(503, "Keys cannot be looked up before the database answers.", headers=headers)
        raise Refusal(
            401,
            "A key is needed: Authorization: Bearer KEY, or sign in on the page.",
            headers={"WWW-Authenticate": 'Bearer realm="ParkWatt"'},
        )

    def _paced(self, found: Pass) -> Asker:
        wait = self.ring.wait_s(found)
        if wait:
            detail = f"The key {found.asker.name!r} may ask {found.per_minute} times a minute."
            raise Refusal(429, detail, headers={"Retry-After": str(wait)})
        return found.asker

    def _of_session(self, cookie: str) -> bytes | None:
        session = self._sessions.get(digest(cookie)) if cookie else None
        return session.key if session is not None and session.until > self.now() else None

    def _forget(self) -> None:
        now = self.now()
        for each in [each for each, session in self._sessions.items() if session.until <= now]:
            del self._sessions[each]
        while len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
