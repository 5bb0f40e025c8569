"""The door of the API: which hosts it answers to, who may enter, what every answer carries."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry.access.asker import Asker
from telemetry.access.doorway import VISIT, Visit
from telemetry.access.permissions import PERMISSIONS, Reach
from telemetry.api.access import COOKIE, Access
from telemetry.api.problems import Refusal, unexpected

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OWN = ("/api/", "/healthz", "/readyz", "/metrics")
_OF_INFLUX = frozenset({"/write", "/ping"})
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  # addresses to listen on are no names
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def _host(authority: str) -> str:
    try:
        return (urlsplit(f"//{authority}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_own(path: str) -> bool:
    return path.startswith(_OWN) or path in _OF_INFLUX


@dataclass(frozen=True)
class Guard:
    """ASGI middleware around everything that ParkWatt serves."""

    app: ASGIApp
    hosts: frozenset[str]
    access: Access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sending = _Sending(send, marked=_is_own(scope["path"]))
        outside = VISIT.set(None)
        try:
            VISIT.set(self._admit(Request(scope)))
            await self.app(scope, receive, sending)
        except Refusal as refusal:
            await refusal.response()(scope, receive, sending)
        except Exception:
            fault = unexpected()
            if sending.started:
                raise
            await fault.response()(scope, receive, sending)
        finally:
            VISIT.reset(outside)

    def _admit(self, request: Request) -> Visit | None:
        """Who asks; None where nobody is asked who they are. Raises Refusal."""
        authority = request.headers.get("host", "")
        if _host(authority) not in self.hosts:
            raise Refusal(
                421, "This host name is not served here. PARKWATT_ALLOWED_HOSTS adds to those that are."
            )
        if request.method not in _SAFE and _is_foreign(request.headers, authority):
            raise Refusal(403, "Pages of other sites may not write here.")
        rule = PERMISSIONS.rule(request.method, request.scope["path"])
        if _is_own(request.scope["path"]) and (rule is None or rule.reach is not Reach.ANYONE):
            if request.method not in _SAFE and _is_unclear(request):
                raise Refusal(
                    403, "A session writes from its own page: Origin or Sec-Fetch-Site has to say so."
                )
            request.state.asker = asker = self.access.asker(request)
            return Visit(asker, _origin(request), request.method not in _SAFE)
        return None


async def permitted(request: Request) -> None:
    """Every route stands behind this. Raises Refusal (403)."""
    rule = PERMISSIONS.rule(request.method, request.scope["path"])
    if rule is not None and rule.reach is Reach.ANYONE:
        return
    refused = asker_of(request).refused(rule)
    if refused is not None:
        raise Refusal(403, refused)


def asker_of(request: Request) -> Asker:
    """Whoever the door let in."""
    asker: Asker = request.state.asker
    return asker


Asking = Annotated[Asker, Depends(asker_of)]


def _origin(request: Request) -> str:
    """From where a request comes, as the audit log has it."""
    return f"{request.client.host if request.client else '-'} {request.method} {request.scope['path']}"[:200]


def _is_foreign(headers: Headers, authority: str) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != authority.lower()


def _is_unclear(request: Request) -> bool:
    """Whether a cookie alone speaks for it: every browser says from which page a write comes."""
    headers = request.headers
    told = "origin" in headers or "sec-fetch-site" in headers or "authorization" in headers
    return COOKIE in request.cookies and not told


class _Sending:
    """Adds the headers to an answer and remembers whether it has begun."""

    def __init__(self, send: Send, *, marked: bool) -> None:
        self._send = send
        self._marked = marked
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            if self._marked:
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
        await self._send(message)


def served(host: str, further: Iterable[str] = ()) -> frozenset[str]:
    """Names that requests may use: the loopback ones, the configured host and any further ones."""
    return frozenset(name.lower() for name in (*LOOPBACK, host, *further) if name not in _EVERYWHERE)
