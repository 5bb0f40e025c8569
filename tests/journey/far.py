"""An edge, the way to its centre, and a meter that counts how often it is read."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

IMPORT = 0x0048
TOKEN = "the-key-of-this-test-alone"  # noqa: S105  # opens nothing else
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
SITE = """
code: plant
name: {{en: Works, zh: 工厂}}
zone: Asia/Shanghai
region: CN-GD
areas: [{{code: plant, kind: park, name: {{en: Works, zh: 工厂}}}}]
sources:
  - {{kind: modbus, code: far, edge: hall-2, host: 127.0.0.1, port: {port}, poll_s: 0.2, timeout_s: 5}}
meters:
  - {{code: F-1, name: {{en: Far, zh: 远端}}, area: plant, source: far, device: eastron-sdm630, address: 1}}
"""
SECOND = (
    "  - {code: F-2, name: {en: New, zh: 新}, area: plant, source: far, device: eastron-sdm630, address: 2}\n"
)


class Cable:
    """A TCP connection to the centre that can be cut and joined again; with `tls` it ends that here."""

    def __init__(self, target: int | str, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        """`target`: a port of loopback, or the file of a socket."""
        self._target = target
        self._tls = tls
        self._server = socket.create_server((host, 0))
        self.port = self._server.getsockname()[1]
        self._open: set[socket.socket] = set()
        self.whole = True
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.whole = False
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        self.whole = True

    def close(self) -> None:
        self.cut()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                threading.Thread(target=self._couple, args=(near,), daemon=True).start()

    def _couple(self, near: socket.socket) -> None:
        try:
            near = self._tls.wrap_socket(near, server_side=True) if self._tls else near
            far = self._joined()
        except OSError:
            near.close()
            return
        self._open |= {near, far}
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _joined(self) -> socket.socket:
        if not self.whole:
            raise ConnectionRefusedError
        if isinstance(self._target, int):
            return socket.create_connection(("127.0.0.1", self._target))
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._target)
        return far

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)
        self._open.discard(one)
        one.close()


class Edge:
    """`parkwatt collect` as a process of its own."""

    def __init__(self, folder: Path, config: Path, url: str, within: Sequence[str] = ()) -> None:
        """`within`: a command that runs another one in some place of its own."""
        self.log = folder / "edge.log"
        self._command = [*within, sys.executable, "-m", "telemetry.cli", "collect", "--to", url]
        variables = {
            "PARKWATT_CONFIG_DIR": str(config),
            "PARKWATT_DATA_DIR": str(folder / "data"),
            "PARKWATT_TOKEN": TOKEN,
        }
        self.environment = os.environ | variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        with self.log.open("ab") as log:
            command = [*self._command, *options]
            self._process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code, self._process = self._process.wait(120), None
        return code


def until(what: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "this did not come about in time"
        time.sleep(0.1)


def counting(registers: Any) -> Any:
    """A meter whose counter rises by one with each read, so that a reading that is missing shows."""

    class Counting(type(registers)):  # type: ignore[misc]  # as above
        count = 0

        def get_input_registers(self, address: int, number: int = 1, srv_info: Any = None) -> Any:
            unit = srv_info.recv_frame.mbap.unit_id
            if unit == 1 and address <= IMPORT < address + number:
                self.count += 1
                self.put(1, IMPORT, float(self.count))
            return super().get_input_registers(address, number, srv_info)

    return Counting()


def stands(centre: Any, meter: str = "F-1", after: int = -1) -> list[int]:
    """What the meter showed beyond `after`, in order of time, as the centre reads it back."""
    query = {"meter": meter, "from": "2020-01-01", "to": "2100-01-01", "step": "raw", "limit": "100000"}
    answer = httpx.get(f"{centre.url}/api/v1/readings", params=query, headers=HEADERS, timeout=30)
    if answer.status_code in {404, 503}:
        return []
    values = answer.raise_for_status().json()["quantities"].get("energy_import", {"values": []})["values"]
    return [int(value) for value in values if value > after]


def last(centre: Any) -> int:
    """Of what the meter showed, as `stands` has it; none while the centre cannot answer."""
    return max(stands(centre), default=-1)


def told(centre: Any) -> Any:
    return httpx.get(f"{centre.url}/api/v1/sources", headers=HEADERS, timeout=30).raise_for_status().json()


def whole(values: list[int], *ends: int) -> bool:
    """None missing and none doubled, but for what was on its way when the line was left at one of `ends`."""
    wanted = set(range(values[0], values[-1] + 1)) if values else set[int]()
    on_its_way = {end + later for end in ends for later in (0, 1)}
    return values == sorted(set(values)) and wanted - set(values) <= on_its_way
