"""Servers that take what is told of alerts."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class _Server(ThreadingHTTPServer):
    """Knows how many connections it has."""

    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        self.open = 0
        self._counting = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, *arguments: Any) -> None:
        with self._counting:
            self.open += 1
        super().process_request(*arguments)

    def process_request_thread(self, *arguments: Any) -> None:
        try:
            super().process_request_thread(*arguments)
        finally:
            with self._counting:
                self.open -= 1


@dataclass
class Receiver:
    """A webhook's other end."""

    answers: list[int] = field(default_factory=list)
    """What it answers in turn; then always 200."""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return
                receiver.requests.append((dict(self.headers), body))
                self._answer(receiver.answers.pop(0) if receiver.answers else 200)

            def do_GET(self) -> None:
                self._answer(200)

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.address}/alerts"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, body in self.requests]

    def settle(self) -> None:
        """Until everything that was sent has been looked at, though its sender is dead."""
        httpx.get(self.url, timeout=60)
        deadline = time.monotonic() + 60
        while self._server.open:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Mailbox:
    """What a mail server has taken."""

    def __init__(self) -> None:
        self.letters: list[Envelope] = []
        self.refuses: str = ""

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.letters.append(envelope)
        return "250 taken"


@contextmanager
def mail_taker(mailbox: Mailbox, port: int) -> Iterator[str]:
    """A mail server's address, as PARKWATT_SMTP_URL has it."""
    server = Controller(mailbox, hostname="127.0.0.1", port=port, ready_timeout=60)
    server.start()
    try:
        yield f"smtp+plain://127.0.0.1:{port}"
    finally:
        server.stop()
