"""An alert to tell of, and servers that take what is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from alerts.notice import Message, Name, Notice
from alerts.wording import message


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
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.address}/alerts"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, body in self.requests]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with closing(Receiver()) as opened:
        yield opened


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


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mail_server(mailbox: Mailbox, free_port: Callable[[], int]) -> Iterator[str]:
    """Its address, as PARKWATT_SMTP_URL has it."""
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port(), ready_timeout=60)
    server.start()
    yield f"smtp+plain://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture
def notice() -> Notice:
    """2026-06-22 08:00 in Shanghai."""
    return Notice(
        id="demand/meter:M-101/1782086400000000/fired/1/1782086400000000",
        alert="demand/meter:M-101/1782086400000000",
        rule="demand",
        rule_name=Name("Demand limit", "需量超限"),
        kind="meter",
        subject="M-101",
        subject_name=Name("Main meter", "总表"),
        areas=("hall", "park"),
        area_name=Name("Hall", "厂房"),
        what="fired",
        severity="critical",
        at_us=1_782_086_400_000_000,
        since_us=1_782_086_340_000_000,
        fired_us=1_782_086_400_000_000,
        value=412.34,
        limit=400.0,
        unit="kW",
        more={"cost CNY": 1280.0, "unknown": None},
        band=Name("peak", "高峰"),
        price=1.0523,
        currency="CNY",
        link="https://park.example/?meter=M-101",
    )


@pytest.fixture
def told(notice: Notice) -> Callable[..., Message]:
    """A message about the alert, changed as the words say."""

    def made(key: str = "k" * 32, language: Any = "en", **changes: Any) -> Message:  # noqa: ANN401
        changed = msgspec.structs.replace(notice, **changes)
        return message(key, [changed], language, ZoneInfo("Asia/Shanghai"))

    return made
