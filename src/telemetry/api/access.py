"""Who may enter: a bearer token, or the session that a token opened."""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from starlette.requests import Request

COOKIE = "parkwatt_session"
SESSION_S = 12 * 3600
_SCHEMES = frozenset({"bearer", "token"})
"""InfluxDB's clients say Token."""


@dataclass(frozen=True)
class Access:
    """Admits everyone when `verify` is None, else holders of a token or of a session.

    Sessions are signed with a key of this process alone: they end when it ends.
    """

    verify: Callable[[str], bool] | None = None
    """Whether a token is the right one; knows only its hash and compares in constant time."""
    now: Callable[[], float] = time.time
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def admits(self, request: Request) -> bool:
        if self.verify is None:
            return True
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() in _SCHEMES:
            return self.verify(token.strip())
        return self.is_session(request.cookies.get(COOKIE, ""))

    def open_session(self) -> str:
        claim = f"{int(self.now()) + SESSION_S}.{secrets.token_hex(8)}"
        return f"{claim}.{self._sign(claim)}"

    def is_session(self, cookie: str) -> bool:
        claim, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(claim).encode()):
            return False
        return float(claim.partition(".")[0]) > self.now()

    def _sign(self, claim: str) -> str:
        return hmac.new(self._key, claim.encode(), sha256).hexdigest()
