"""Who enters: the holder of a key, of a session that a key opened, or a person who is signed in."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from telemetry.access.asker import MACHINE, Asker
from telemetry.access.keyring import Keyring, Pass
from telemetry.access.pace import Pace
from telemetry.access.roster import Presence, Roster
from telemetry.api.problems import CHALLENGE, RETRY_AFTER_S, Refusal
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
    """Asks everyone where `asked` or once accounts stand; else whoever says nothing is the machine's owner.

    Sessions that keys opened stand in this process's memory: they end when it ends.
    """

    ring: Keyring = field(default_factory=Keyring)
    asked: bool = False
    now: Callable[[], float] = time.time
    roster: Roster = field(default_factory=Roster)
    """People who are signed in."""
    pace: Pace = field(default_factory=Pace)
    """For those who try to come in."""
    _sessions: dict[bytes, _Session] = field(default_factory=dict, repr=False)

    @property
    def asks(self) -> bool:
        """Whether whoever says nothing is refused."""
        return self.asked or self.roster.anybody

    def asker(self, request: Request) -> Asker:
        """Who asks. Raises Refusal (401, 429, 503)."""
        secret = _secret(request)
        if secret is not None:
            return self._of_key(digest(secret))
        cookie = request.cookies.get(COOKIE, "")
        if not cookie:
            return self._unknown()
        present = self.roster.find(digest(cookie))
        return present.asker if present else self._of_key(self._of_session(cookie))

    def holds(self, request: Request, asker: Asker) -> bool:
        """Whether what let them in would let in the same again; counts as no use."""
        secret, cookie = _secret(request), request.cookies.get(COOKIE, "")
        found: Presence | Pass | None = self.roster.peek(digest(cookie)) if secret is None else None
        if found is None:
            found = self.ring.find(digest(secret) if secret is not None else self._of_session(cookie) or b"")
        return found.asker == asker if found else not self.asks and asker is MACHINE

    def _of_key(self, hashed: bytes | None) -> Asker:
        found = self.ring.find(hashed) if hashed else None
        return self._paced(found) if found else self._unknown(offered=True)

    def knock(self, address: str) -> None:
        """Count a try to come in. Raises Refusal (429)."""
        wait = self.pace.wait_s(address)
        if wait:
            detail = "There were too many tries from this address."
            raise Refusal(429, detail, headers={"Retry-After": str(wait)})

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

    def _unknown(self, *, offered: bool = False) -> Asker:
        if not self.asks:
            return MACHINE
        if offered and not (self.ring.ready and self.roster.ready):
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            raise Refusal(
                503, "Keys and sessions cannot be looked up before the database answers.", headers=headers
            )
        raise Refusal(
            401,
            "Who are you? Authorization: Bearer KEY, or sign in on the page.",
            headers={"WWW-Authenticate": CHALLENGE},
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


def _secret(request: Request) -> str | None:
    """Of the key that a request brings."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() in _SCHEMES else None
