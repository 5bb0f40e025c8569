"""ParkWatt's own webhook: one signed POST for each change of an alert."""

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Mapping
from typing import Literal, Self

import httpx
import msgspec
from msgspec import Struct
from pydantic import PrivateAttr, model_validator

from alerts.channel import Channel as AnyChannel
from alerts.errors import Undelivered
from alerts.notice import Message, Notice

_PATIENCE_S = 20.0
_COME_AGAIN = {408, 425, 429}
logging.getLogger("httpx").setLevel(logging.WARNING)  # it writes every address, and some are secrets


class Body(Struct, frozen=True):
    """What is posted."""

    key: str
    subject: str
    text: str
    alert: Notice


class Channel(AnyChannel):
    """Where to post, and which variable holds the secret that signs."""

    grouped = False
    kind: Literal["webhook"]
    url: str = ""
    url_variable: str = ""
    """In its place, where the address itself is a secret."""
    secret_variable: str
    _clock: Callable[[], float] = PrivateAttr(default=time.time)

    async def send(self, message: Message, variables: Mapping[str, str]) -> None:
        """Raises Undelivered; a receiver that refuses for good (4xx) is not asked again."""
        secret = self.secret("secret_variable", variables)
        url = self.url or self.secret("url_variable", variables)
        body = msgspec.json.encode(Body(message.key, message.subject, message.text, message.notices[0]))
        headers = signed(body, secret, str(int(self._clock()))) | {
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
        }
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE_S, follow_redirects=False) as client:
                answer = await client.post(url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise Undelivered(f"the receiver cannot be reached: {reason}") from error
        if not answer.is_success:
            final = not (answer.is_server_error or answer.status_code in _COME_AGAIN)
            raise Undelivered(f"the receiver answers {answer.status_code}", final=final)

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if bool(self.url) == bool(self.url_variable):
            raise ValueError("url: one of url and url_variable is needed")
        if self.url and (not self.url.startswith(("https://", "http://")) or "@" in self.url):
            raise ValueError("url: has to begin with https:// or http:// and to hold no password")
        return self


def signed(body: bytes, secret: str, timestamp: str) -> dict[str, str]:
    """Headers by which a receiver knows who sent the body, and when: HMAC-SHA256 over `timestamp.body`."""
    told = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-ParkWatt-Timestamp": timestamp, "X-ParkWatt-Signature": f"sha256={told}"}
