import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

_SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_EMBEDDED = """
import asyncio, sys
from telemetry.demo.mqtt import broker

async def main():
    async with broker(sys.argv[1]):
        await asyncio.Event().wait()

asyncio.run(main())
"""
Mosquitto = Callable[[str], int]


@pytest.fixture
def mosquitto(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Mosquitto]:
    """Starts a broker of the test's own with the lines of its configuration; its port on loopback."""
    program = shutil.which("mosquitto", path=_SBIN)
    if program is None:
        pytest.skip("Debian's mosquitto is not installed")
    running: list[subprocess.Popen[bytes]] = []

    def start(lines: str) -> int:
        port, config = free_port(), tmp_path / f"broker-{len(running)}.conf"
        own = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(f"{own}listener {port} 127.0.0.1\nset_tcp_nodelay true\n{lines}\n")
        with config.with_suffix(".log").open("wb") as log:
            process = subprocess.Popen([program, "-c", config], stdout=log, stderr=log)
        running.append(process)
        _await(port, process, config.with_suffix(".log"))
        return port

    yield start
    for process in running:
        process.terminate()
        process.wait(60)


@pytest.fixture
def amqtt(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[int]:
    """The embedded broker of the demo, which speaks 3.1.1 alone; its port on loopback."""
    port, path = free_port(), tmp_path / "amqtt.log"
    with path.open("wb") as log:
        command = [sys.executable, "-c", _EMBEDDED, f"mqtt://127.0.0.1:{port}"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _await(port, process, path)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    pytest.fail(f"the broker did not start: {log.read_text()}")
