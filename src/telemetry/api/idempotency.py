"""POST requests that may be sent again: under one `Idempotency-Key` it is done once."""

import hashlib
import logging
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import msgspec
from cryptography.fernet import Fernet
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry.access.asker import Asker
from telemetry.access.doorway import VISIT
from telemetry.access.permissions import PERMISSIONS, Reach, Rule
from telemetry.api import bodies
from telemetry.api.problems import RETRY_AFTER_S, Mistake, Refusal, come_again, shortened
from telemetry.storage import repeatable
from telemetry.storage.errors import StorageError, StorageUnavailable
from telemetry.storage.pool import Database

_LOG = logging.getLogger(__name__)
HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
_SHORTEST, _LONGEST = 16, 255
_REPLAYED = (b"idempotent-replayed", b"true")
PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": f"Of your own making for each thing that shall come to be once, hard to guess; within"
    f" {KEPT // timedelta(hours=1)} hours the first answer comes again",
    "schema": {
        "type": "string",
        "pattern": f"^[!-~]{{{_SHORTEST},{_LONGEST}}}$",
        "examples": ["0b5c6f5e-8a39-4b8e-9f0e-2d9f4a3d7c11"],
    },
}


class _Answer(Struct, frozen=True):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def settles(self) -> bool:
        """Whether something came of it."""
        return self.status < HTTPStatus.BAD_REQUEST

    @property
    def undone(self) -> bool:
        """Whether it was refused, or is to come again."""
        again = {HTTPStatus.SERVICE_UNAVAILABLE}
        return (
            HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR or self.status in again
        )


@dataclass(frozen=True)
class _Attempt:
    """A request under a key; without the key nobody can read what the database has of it."""

    key: str
    asker: Asker
    content: bytes
    """All that tells one request from another."""

    @property
    def digest(self) -> bytes:
        areas = sorted(self.asker.areas) if self.asker.areas is not None else None
        whose = msgspec.json.encode([self.asker.person, self.asker.name, areas])
        return hashlib.sha256(whose + self.key.encode()).digest()

    @property
    def fingerprint(self) -> bytes:
        keyed = hashlib.sha256(self.key.encode()).digest()
        return hashlib.blake2b(self.content, key=keyed, digest_size=32).digest()

    @property
    def seal(self) -> Fernet:
        return Fernet(urlsafe_b64encode(hashlib.sha256(b"answer " + self.key.encode()).digest()))

    def sealed(self, answer: _Answer) -> bytes:
        return self.seal.encrypt(msgspec.msgpack.encode(answer))

    def opened(self, sealed: bytes) -> _Answer:
        found = msgspec.msgpack.decode(self.seal.decrypt(sealed), type=_Answer)
        return msgspec.structs.replace(found, headers=[*found.headers, _REPLAYED])


@dataclass(frozen=True)
class Repeatable:
    """ASGI middleware within the door: who asks is known, and whether they may."""

    app: ASGIApp
    store: Database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises Refusal (400, 409, 413, 422, 503)."""
        visit, key = VISIT.get(), _key(scope)
        if key is None or visit is None or visit.asker.refused(_rule(scope)) is not None:
            await self.app(scope, receive, send)
            return
        body = await bodies.read(Request(scope, receive))
        attempt = _Attempt(_checked(key), visit.asker, _content(scope, body))
        answer = await run_in_threadpool(self._before, attempt)
        if answer is None:
            heard = _Heard()
            await self.app(scope, _Again(body, receive), heard)
            answer = heard.answer
            await run_in_threadpool(self._after, attempt, answer, wrote=visit.wrote)
        await _tell(answer, send)

    def _before(self, attempt: _Attempt) -> _Answer | None:
        """The answer to the first request under this key; None: this is the first. Raises Refusal."""
        now = datetime.now(UTC)
        try:
            with self.store.connection() as tx:
                first = repeatable.begin(tx, attempt.digest, attempt.fingerprint, now, now - KEPT)
        except StorageUnavailable as error:
            raise come_again(503, "The database does not answer; please come again.") from error
        if first is None:
            return None
        if first.fingerprint != attempt.fingerprint:
            mistake = Mistake(HEADER, shortened(attempt.key), "was used for another request")
            raise Refusal(422, "Each request needs a key of its own.", [mistake])
        if first.answer is None:
            raise _unanswered()
        return attempt.opened(first.answer)

    def _after(self, attempt: _Attempt, answer: _Answer, *, wrote: bool) -> None:
        """What failed in between stays unanswered."""
        if not answer.settles and (wrote or not answer.undone):
            return
        try:
            with self.store.connection() as tx:
                if answer.settles:
                    repeatable.answered(tx, attempt.digest, attempt.sealed(answer))
                else:
                    repeatable.forget(tx, attempt.digest)
        except StorageError as error:
            _LOG.warning("an answer could not be kept for who asks again: %s", error)


def takes(rule: Rule | None) -> bool:
    """Whether a POST of this rule makes something; readings are the same twice by themselves."""
    return (
        rule is not None
        and rule.reach is not Reach.ANYONE
        and rule.permission != "push"
        and not rule.permission.startswith("see-")
    )


def _rule(scope: Scope) -> Rule | None:
    return PERMISSIONS.rule(scope["method"], scope["path"])


def _key(scope: Scope) -> str | None:
    """As it was sent; None where it means nothing."""
    if scope["type"] != "http" or scope["method"] != "POST" or not takes(_rule(scope)):
        return None
    return Request(scope).headers.get(HEADER)


def _checked(sent: str) -> str:
    """Raises Refusal."""
    key = sent[1:-1] if len(sent) > 1 and sent[0] == sent[-1] == '"' else sent
    if not _SHORTEST <= len(key) <= _LONGEST or not all("!" <= each <= "~" for each in key):
        reason = f"has to be {_SHORTEST} to {_LONGEST} characters of ASCII without spaces, hard to guess"
        raise Refusal(400, "The key cannot be used.", [Mistake(HEADER, shortened(sent), reason)])
    return key


def _content(scope: Scope, body: bytes) -> bytes:
    headers = Request(scope).headers
    told = (headers.get("content-type", ""), headers.get("content-encoding", ""))
    return b"\0".join([scope["path"].encode(), scope["query_string"], *(t.encode() for t in told), body])


def _unanswered() -> Refusal:
    return Refusal(
        409,
        "A request under this key is being answered, or ended without an answer: come again, and if this goes"
        " on look whether it was carried out before you send it under another key.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


@dataclass
class _Again:
    """Gives a body that was read already, once."""

    body: bytes
    receive: Receive
    given: bool = False

    async def __call__(self) -> Message:
        if self.given:
            return await self.receive()
        self.given = True
        return {"type": "http.request", "body": self.body, "more_body": False}


@dataclass
class _Heard:
    """Holds an answer back until it is durable."""

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], [(n, v) for n, v in message["headers"]]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    @property
    def answer(self) -> _Answer:
        return _Answer(self.status, self.headers, bytes(self.body))


async def _tell(answer: _Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})
