"""From a register over its limit to the message at the door: the demo park, while 30 000 values/s arrive."""

import json
import os
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import yaml
from pyModbusTCP.server import DataBank, ModbusServer  # type: ignore[import-untyped]

from bench.measure import Measure
from bench.resettle import DEMO
from bench.write import NAMES, database

POLL_S = 5.0
"""As the demo's gateways have it."""
GOAL = 30_000
"""Values a second."""
METERS = GOAL // len(NAMES)
PRESSES = 10
"""Registers that are changed side by side, each behind a gateway of its own."""
ROUNDS = int(os.environ.get("PARKWATT_BENCH_ROUNDS", "20"))
LONGEST_S = 60.0
POWER = 0x0034
CALM_W, LOUD_W = 30_000.0, 45_000.0
RULE = {
    "kind": "limit",
    "code": "press-limit",
    "name": {"en": "Press over its limit", "zh": "压机超限"},
    "where": {"meters": [f"press{n}" for n in range(PRESSES)]},
    "quantity": "active_power",
    "above": "40 kW",
    "flapping": {"times": 20, "within": "1 s"},
}


class Register(DataBank):  # type: ignore[misc]  # pyModbusTCP has no types
    """One power, and zero everywhere else."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.watts = CALM_W
        self._server = ModbusServer("127.0.0.1", port, no_block=True, data_bank=self)
        self._server.start()

    def get_input_registers(self, address: int, number: int = 1, srv_info: Any = None) -> list[int]:  # noqa: ANN401  # pyModbusTCP's
        del srv_info
        words = dict(enumerate(struct.unpack(">HH", struct.pack(">f", self.watts)), POWER))
        return [words.get(address + at, 0) for at in range(number)]

    def close(self) -> None:
        self._server.stop()


class Door:
    """Where messages come, and when: the newest of each meter."""

    def __init__(self, port: int) -> None:
        self.came: dict[str, float] = {}
        came = self.came

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                at = time.monotonic()
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                came[body["alert"]["subject"]] = at

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def ports(count: int) -> list[int]:
    with ExitStack() as open_:
        probes = [open_.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def write_config(folder: Path, registers: Sequence[int], door: int) -> None:
    """The demo park with further gateways, and meters that are posted."""
    shutil.copytree(DEMO, folder)
    file = folder / "sites" / "demo.yaml"
    sources, meters = ["  - {code: POSTS, kind: push}"], []
    for n, port in enumerate(registers):
        line = f"kind: modbus, host: 127.0.0.1, port: {port}, poll_s: {POLL_S:g}"
        sources.append(f"  - {{code: PRESS-{n}, {line}}}")
        meters.append(_meter(f"press{n}", f"source: PRESS-{n}, device: eastron-sdm630, address: 9"))
    meters += [_meter(f"b{n}", "source: POSTS") for n in range(METERS)]
    text = file.read_text("utf-8")
    for name, lines in (("sources", sources), ("meters", meters)):
        text = text.replace(f"\n{name}:\n", f"\n{name}:\n" + "\n".join(lines) + "\n", 1)
    file.write_text(text, "utf-8")
    (folder / "alerts" / "press.yaml").write_text(yaml.safe_dump(RULE), "utf-8")
    hook = {"kind": "webhook", "url": f"http://127.0.0.1:{door}/", "secret_variable": "PARKWATT_DOOR"}
    contact = {"code": "door", "name": {"en": "Door", "zh": "门"}, "channels": [hook]}
    route = {"code": "all", "contacts": ["door"], "rules": ["press-limit"]}
    (folder / "contacts.yaml").write_text(yaml.safe_dump({"contacts": [contact], "routes": [route]}), "utf-8")


def _meter(code: str, how: str) -> str:
    return f"  - {{code: {code}, name: {{en: {code}, zh: {code}}}, area: PARK, {how}}}"


@contextmanager
def process(command: list[str], variables: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("ab") as out:
        running = subprocess.Popen(command, env=variables, stdout=out, stderr=out)
    try:
        yield
    finally:
        running.terminate()
        running.wait(60)


class Load:
    """Posts each second's rows until it is closed."""

    def __init__(self, url: str) -> None:
        self.values = 0
        self.seconds = 0.0
        self._url, self._over = f"{url}/api/v1/readings?source=POSTS", threading.Event()
        random = np.random.default_rng(1)
        self._bodies = [self._body(random) for _ in range(8)]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _body(self, random: np.random.Generator) -> str:
        """With places for the time."""
        columns = {name: np.round(random.uniform(90, 110, METERS), 3).tolist() for name in NAMES}
        return json.dumps({"meter": [f"b{n}" for n in range(METERS)], "time": ["AT"] * METERS} | columns)

    def _run(self) -> None:
        start, sent = time.monotonic(), 0
        with httpx.Client(timeout=60) as client:
            while not self._over.wait(max(0.0, start + sent - time.monotonic())):
                body = self._bodies[sent % 8].replace('"AT"', f'"{datetime.now(UTC).isoformat()}"')
                answer = client.post(self._url, content=body, headers={"Content-Type": "application/json"})
                answer.raise_for_status()
                sent += 1
                self.values, self.seconds = sent * GOAL, time.monotonic() - start

    def close(self) -> None:
        self._over.set()
        self._thread.join()


def await_ready(url: str) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        time.sleep(0.2)
    raise TimeoutError(url)


def told_s(registers: Sequence[Register], door: Door) -> list[float]:
    """From each change of a register until its message [s]."""
    found = []
    for number in range(ROUNDS):
        changed: dict[str, float] = {}
        door.came.clear()
        for place in sorted(range(PRESSES), key=lambda _: secrets.randbelow(1 << 30)):
            time.sleep(secrets.randbelow(1000) / 1000 * 2 * POLL_S / PRESSES)
            changed[f"press{place}"] = time.monotonic()
            registers[place].watts = CALM_W if number % 2 else LOUD_W
        deadline = time.monotonic() + LONGEST_S
        while door.came.keys() < changed.keys():
            if time.monotonic() > deadline:
                raise TimeoutError(f"no message of {sorted(changed.keys() - door.came.keys())}")
            time.sleep(0.05)
        found += [door.came[press] - at for press, at in changed.items()]
    return found


def measure() -> Iterator[Measure]:
    web, hook, broker, *rest = ports(8 + PRESSES)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database())
        registers = [stack.enter_context(closing(Register(port))) for port in rest[5:]]
        write_config(folder / "config", rest[5:], hook)
        variables = {f"PARKWATT_DEMO_MODBUS_PORT_{n}": str(port) for n, port in enumerate(rest[:5])}
        park = os.environ | variables | {"PARKWATT_MQTT_URL": f"mqtt://127.0.0.1:{broker}"}
        served = park | {
            "PARKWATT_CONFIG_DIR": str(folder / "config"),
            "PARKWATT_DATA_DIR": str(folder / "data"),
            "PARKWATT_DATABASE_URL": url,
            "PARKWATT_PORT": str(web),
            "PARKWATT_DOOR": "a secret of the benchmark",
        }
        door = stack.enter_context(closing(Door(hook)))
        played = [
            sys.executable,
            "-m",
            "telemetry.demo",
            "--data",
            str(folder / "data"),
            "--config",
            str(DEMO),
        ]
        nowhere = ["--api", "http://127.0.0.1:9"]
        stack.enter_context(process([*played, *nowhere], park, folder / "park.log"))
        stack.enter_context(process([sys.executable, "-m", "telemetry.cli", "serve"], served, folder / "log"))
        await_ready(f"http://127.0.0.1:{web}")
        load = stack.enter_context(closing(Load(f"http://127.0.0.1:{web}")))
        time.sleep(4 * POLL_S)
        taken = told_s(registers, door)
    p99, half = np.percentile(taken, (99, 50))
    what = f"the goal: poll interval and 1 s; {len(taken)} changes, half of them within {half:.2f} s"
    yield Measure("told p99", float(p99), POLL_S + 1.0, "s", what)
    yield Measure("told values", load.values / load.seconds, GOAL, "1/s", "arriving meanwhile; the goal")
