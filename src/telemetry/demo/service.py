"""The service as the demo park sees it from outside: an HTTP address that takes readings."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from telemetry.demo.registers import DemoError

_AGAIN_S = 1.0
_LONGEST_PAUSE_S = 30.0
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
_TOO_LARGE = 413
_CLOSED = frozenset({401, 403})
_ASKS_WHO = (
    "the service asks who posts them, since it has an account or a token; the hours in which "
    "the demo did not run stay empty, all else goes on. To fill them, start the demo with PARKWATT_TOKEN set "
    "to a long random text. 服务已有账户或令牌,要求表明提交者身份;演示停止期间的数据将保持空缺,其余照常运行。"
    "如需补齐,请将 PARKWATT_TOKEN 设为一段较长的随机文本后重新启动演示。"
)
_OK = 200


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    retry_after_s: float

    def document(self) -> Any:  # noqa: ANN401  # JSON
        return json.loads(self.body)


class Stopped(Exception):  # noqa: N818  # a state, not a failure
    """The park is being closed."""


class Service:
    """One connection at a time, opened again when it is lost."""

    def __init__(self, api: str, token: str | None, stopped: Callable[[], bool]) -> None:
        """Raises DemoError for an address that is not http://host:port."""
        parts = urlsplit(api)
        if parts.scheme != "http" or not parts.hostname:
            raise DemoError(f"{api!r} is not the address of a service; an example is http://127.0.0.1:8000")
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=120)
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._stopped = stopped

    def close(self) -> None:
        self._connection.close()

    def wait_ready(self) -> None:
        """Returns once the service can acknowledge readings. Raises Stopped."""
        self._patiently("GET", "/readyz", b"")

    def has_readings(self, meter: str, first: int, last: int) -> bool:
        """Whether a meter has readings with first <= t < last [s]."""
        query = urlencode({"meter": meter, "from": _stamp(first), "to": _stamp(last)})
        answer = self._patiently("GET", f"/api/v1/readings?{query}", b"")
        return answer.status == _OK and bool(answer.document()["times"])

    def post(self, rows: list[Mapping[str, object]]) -> None:
        """Returns once the rows are durable. Raises DemoError when the service refuses them, Stopped."""
        answer = self._patiently("POST", "/api/v1/readings", msgspec.json.encode(rows))
        if answer.status == _TOO_LARGE and len(rows) > 1:
            half = len(rows) // 2
            self.post(rows[:half])
            self.post(rows[half:])
        elif answer.status in _CLOSED:
            raise DemoError(_ASKS_WHO)
        elif answer.status != _OK:
            raise DemoError(f"the service answers {answer.status} to past readings: {answer.body[:500]!r}")
        elif rejected := answer.document()["rejected"]:
            raise DemoError(f"the service rejects {len(rejected)} past readings, the first: {rejected[0]}")

    def _patiently(self, method: str, path: str, body: bytes) -> Answer:
        while True:
            answer = self._ask(method, path, body)
            if answer is not None and answer.status not in _LATER:
                return answer
            self._pause(answer.retry_after_s if answer else _AGAIN_S)

    def _ask(self, method: str, path: str, body: bytes) -> Answer | None:
        """None when nobody answers."""
        try:
            self._connection.request(method, path, body or None, self._headers)
            response = self._connection.getresponse()
            return Answer(response.status, response.read(), _seconds(response.getheader("Retry-After")))
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return None

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + min(seconds, _LONGEST_PAUSE_S)
        while time.monotonic() < until:
            if self._stopped():
                raise Stopped
            time.sleep(0.1)


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isdecimal() else _AGAIN_S


def _stamp(t: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
