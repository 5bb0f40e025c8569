"""The way from an edge to the central service: one address, one key, and what an answer means."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
import zstandard

from ingest.doubt import doubted
from ingest.errors import StoreUnavailable
from telemetry.settings.environment import is_loopback
from telemetry.settings.mistakes import ConfigError, Mistake

T = TypeVar("T")
_CONNECT_S, _ANSWER_S = 5.0, 30.0
_WRONG_S = 30.0
"""How long a centre that refuses us is left alone: somebody has to mend that first."""
_LONGEST_PAUSE_S = 300.0
_WRONG: Mapping[int, str] = {
    401: "it does not accept the key in PARKWATT_TOKEN: it is none of those that hold there",
    403: "it does not let the key in PARKWATT_TOKEN do this",
    404: "there is no ParkWatt at this address, or one without this path",
    421: "it is not reached by this name: add it to PARKWATT_ALLOWED_HOSTS there",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the centre said to a body that it looked at."""

    taken: bool
    """False where nothing of it could be used."""
    content: bytes

    def read(self, form: type[T]) -> T:
        """Raises StoreUnavailable where something that lies between has answered in its place."""
        try:
            return msgspec.json.decode(self.content, type=form)
        except msgspec.DecodeError as error:
            raise StoreUnavailable(
                "what answers is not ParkWatt: is there a sign-in page of the network or a proxy in between? "
                f"({error})"
            ) from error


class Link:
    """Used by several threads; while the centre asks for a pause, nobody asks it anything."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._quiet_until = 0.0

    @classmethod
    def to(cls, url: str, token: str | None, authority: Path | None, *, plain: bool = False) -> "Link":
        """`authority`: certificates to trust beside the system's; `plain` allows http beyond loopback.

        Raises ConfigError.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise _wrong("--to", f"{url!r} is not https://host or https://host:port")
        if parts.scheme == "http" and not plain and not is_loopback(parts.hostname):
            raise _wrong("--to", f"{url!r} would send the key and the readings unencrypted; use https://")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        timeout = httpx.Timeout(_ANSWER_S, connect=_CONNECT_S)
        client = httpx.Client(base_url=url, headers=headers, timeout=timeout, verify=_trust(authority))
        return cls(client)

    def post(self, path: str, body: object, **query: str) -> Answer:
        """Raises StoreUnavailable where the centre has not looked at it."""
        wait = self._quiet_until - time.monotonic()
        if wait > 0:
            raise StoreUnavailable(f"the centre is left alone for {wait:.0f} s")
        content = zstandard.compress(msgspec.json.encode(body))
        headers = {"Content-Type": "application/json", "Content-Encoding": "zstd"}
        return self._asked(
            self._client.build_request("POST", path, params=query, content=content, headers=headers)
        )

    def get(self, path: str) -> Answer:
        """Raises StoreUnavailable where the centre has not looked at it."""
        return self._asked(self._client.build_request("GET", path))

    def close(self) -> None:
        self._client.close()

    def _asked(self, request: httpx.Request) -> Answer:
        try:
            response = self._client.send(request)
        except httpx.HTTPError as error:
            raise StoreUnavailable(f"no answer from {self._client.base_url}: {_said(error)}") from error
        return self._answer(response)

    def _answer(self, response: httpx.Response) -> Answer:
        status = response.status_code
        if status in {200, 422}:
            return Answer(status == httpx.codes.OK, response.content)
        known = _WRONG.get(status)
        self._quiet_until = time.monotonic() + _pause_s(response, _WRONG_S if known else 0.0)
        raise StoreUnavailable(f"{response.url.host} answers {status}: {known or _detail(response)}")


def _pause_s(response: httpx.Response, least: float) -> float:
    asked = response.headers.get("retry-after", "")
    return min(max(float(asked), least), _LONGEST_PAUSE_S) if asked.isdecimal() else least


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase


def _said(error: httpx.HTTPError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return doubted(cause, "--ca")
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__


def _trust(authority: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except (OSError, ssl.SSLError) as error:
            raise _wrong("--ca", f"{authority} holds no certificates: {error}") from error
    return context


def _wrong(option: str, reason: str) -> ConfigError:
    return ConfigError([Mistake("command line", option, reason)])
