import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from pyModbusTCP.client import ModbusClient

CONFIG = Path(__file__).parents[3] / "config" / "demo"


@pytest.fixture
def ports() -> tuple[int, int]:
    """The first of five that follow one another, and the broker's; below those that clients are given."""
    start = 20_000 + os.getpid() % 1000 * 10
    first = next(p for p in range(start, 32_000, 10) if all(free(p + n) for n in range(6)))
    return first, first + 5


def free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def park(ports: tuple[int, int], data: Path, api_port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "telemetry.demo", "--config", str(CONFIG), "--data", str(data)]
    command += ["--modbus-port", str(ports[0]), "--mqtt", f"mqtt://127.0.0.1:{ports[1]}", "--with-parent"]
    command += ["--api", f"http://127.0.0.1:{api_port}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PARKWATT_")}
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("way", ["parent", "SIGTERM", "SIGINT"])
def test_the_park_answers_and_ends_cleanly(
    way: str, ports: tuple[int, int], tmp_path: Path, free_port: Callable[[], int]
) -> None:
    with park(ports, tmp_path, free_port()) as process:
        assert first_line(process) == "demo park: 60 meters answer\n"
        client = ModbusClient("127.0.0.1", ports[0] + 1, unit_id=3, timeout=30)
        assert client.read_input_registers(52, 2) is not None
        if way == "parent":
            assert process.stdin is not None
            process.stdin.close()
        else:
            process.send_signal(signal.Signals[way])
        assert process.wait(60) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""
    assert (tmp_path / "demo.json").is_file()


def test_a_taken_port_ends_the_park_with_a_reason(
    ports: tuple[int, int], tmp_path: Path, free_port: Callable[[], int]
) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", ports[0] + 2))
        taken.listen()
        with park(ports, tmp_path, free_port()) as process:
            assert first_line(process).startswith(f"demo park: GW-B: 127.0.0.1:{ports[0] + 2} cannot be")
            assert process.wait(60) == 1
