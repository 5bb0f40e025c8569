"""Mail and signals through servers behind TLS, and not through one that nobody vouches for."""

import asyncio
import gc
import json
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from aiosmtpd.controller import Controller

from alerts.channels import checked
from alerts.errors import Undelivered
from alerts.notice import Message

Told = Callable[..., Message]
MAIL = {"kind": "mail", "to": ["duty@example.com"], "sender": "parkwatt@example.com"}
_SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself; its key stands beside it."""
    if shutil.which("openssl") is None:
        pytest.skip("Debian's openssl is not installed")
    path = tmp_path_factory.mktemp("keys") / "server.pem"
    subject = ["-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command = ["openssl", "req", "-x509", *key, *subject, "-keyout", path.with_suffix(".key"), "-out", path]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a company makes an authority of its own known to its machines."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@contextmanager
def mail_server(mailbox: Any, certificate: Path, port: int, scheme: str) -> Iterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    late = {"tls_context": context, "require_starttls": True}
    how: dict[str, Any] = {"ssl_context": context} if scheme == "smtps" else late
    server = Controller(mailbox, hostname="127.0.0.1", port=port, ready_timeout=60, **how)
    with _patient(server, trusting=certificate):
        yield f"{scheme}://127.0.0.1:{port}"


@contextmanager
def _patient(server: Controller, trusting: Path) -> Iterator[None]:
    """The controller connects to itself once, and has to trust itself then."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(trusting)
    try:
        server.start()
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before
    try:
        yield
    finally:
        server.stop()


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.usefixtures("trusted")
def test_a_mail_goes_encrypted(
    told: Told,
    mailbox: Any,
    certificate: Path,
    free_port: Callable[[], int],
    scheme: str,
) -> None:
    with mail_server(mailbox, certificate, free_port(), scheme) as url:
        asyncio.run(checked(MAIL).send(told(), {"PARKWATT_SMTP_URL": url}))
    (letter,) = mailbox.letters
    assert message_from_bytes(letter.content)["Message-ID"] == f"<{'k' * 32}@example.com>"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_mail_server_that_nobody_vouches_for_is_given_nothing(
    told: Told,
    mailbox: Any,
    certificate: Path,
    free_port: Callable[[], int],
    scheme: str,
) -> None:
    with (
        mail_server(mailbox, certificate, free_port(), scheme) as url,
        pytest.raises(Undelivered, match="certificate verify failed"),
    ):
        asyncio.run(checked(MAIL).send(told(), {"PARKWATT_SMTP_URL": url}))
    assert mailbox.letters == []


@pytest.fixture
def broker(certificate: Path, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[int]:
    program = shutil.which("mosquitto", path=_SBIN)
    if program is None:
        pytest.skip("Debian's mosquitto is not installed")
    port, config = free_port(), tmp_path / "broker.conf"
    own = "user root\n" if os.geteuid() == 0 else ""
    keys = f"certfile {certificate}\nkeyfile {certificate.with_suffix('.key')}\nallow_anonymous true\n"
    config.write_text(f"{own}listener {port} 127.0.0.1\n{keys}")
    process = subprocess.Popen([program, "-c", config])
    try:
        _await(port, certificate, process)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _await(port: int, certificate: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            ssl.get_server_certificate(("127.0.0.1", port), ca_certs=str(certificate), timeout=5)
            return
        time.sleep(0.05)
    pytest.fail("the broker did not start")


@pytest.mark.broker
@pytest.mark.usefixtures("trusted")
def test_a_signal_goes_encrypted(told: Told, certificate: Path, broker: int) -> None:
    channel = checked({"kind": "mqtt", "url": f"mqtts://127.0.0.1:{broker}", "topic": "shed"})

    async def watch() -> bytes:
        context = ssl.create_default_context(cafile=str(certificate))
        async with aiomqtt.Client("127.0.0.1", broker, tls_context=context) as client:
            await client.subscribe("shed/#", 1)
            await channel.send(told(), {})
            return bytes((await anext(aiter(client.messages))).payload)

    assert json.loads(asyncio.run(asyncio.wait_for(watch(), 120)))["shed"] is True


@pytest.mark.broker
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_a_broker_that_nobody_vouches_for_is_given_nothing(told: Told, broker: int) -> None:
    channel = checked({"kind": "mqtt", "url": f"mqtts://127.0.0.1:{broker}", "topic": "shed"})
    with pytest.raises(Undelivered, match="certificate verify failed"):
        asyncio.run(channel.send(told(), {}))
    gc.collect()  # paho leaves the socket of a handshake that failed to the collector
