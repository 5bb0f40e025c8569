"""An edge behind a firewall: the link is cut, the edge is killed, and at the centre nothing is missing."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.database
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
    """A TCP connection to the centre that can be cut and joined again."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
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
                try:
                    far = self._joined()
                except OSError:
                    near.close()
                    continue
                self._open |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _joined(self) -> socket.socket:
        if not self.whole:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self._target))

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

    def __init__(self, folder: Path, config: Path, url: str) -> None:
        self.log = folder / "edge.log"
        self._command = [sys.executable, "-m", "telemetry.cli", "collect", "--to", url]
        variables = {
            "PARKWATT_CONFIG_DIR": str(config),
            "PARKWATT_DATA_DIR": str(folder / "data"),
            "PARKWATT_TOKEN": TOKEN,
        }
        self._environment = os.environ | variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)

    def end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code, self._process = self._process.wait(30), None
        return code


def until(what: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "this did not come about in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def counting(registers: Any) -> Iterator[Any]:  # noqa: ANN401  # conftest's Registers
    """A meter whose counter rises by one with each read, so that a reading that is missing shows."""

    class Counting(type(registers)):  # type: ignore[misc]  # as above
        count = 0

        def get_input_registers(self, address: int, number: int = 1, srv_info: Any = None) -> Any:  # noqa: ANN401  # pyModbusTCP's
            unit = srv_info.recv_frame.mbap.unit_id
            if unit == 1 and address <= IMPORT < address + number:
                self.count += 1
                self.put(1, IMPORT, float(self.count))
            return super().get_input_registers(address, number, srv_info)

    bank = Counting()
    yield bank
    bank.stop()


@pytest.fixture(scope="module")
def centre(serve: Callable[..., Any], counting: Any) -> Any:  # noqa: ANN401  # conftest's Service
    return serve(SITE.format(port=counting.port), PARKWATT_TOKEN=TOKEN)


@pytest.fixture
def cable(centre: Any) -> Iterator[Cable]:  # noqa: ANN401  # as above
    cable = Cable(int(centre.url.rpartition(":")[2]))
    yield cable
    cable.close()


@pytest.fixture
def edge(centre: Any, cable: Cable, tmp_path: Path) -> Iterator[Edge]:  # noqa: ANN401  # as above
    edge = Edge(tmp_path, Path(centre.variables["PARKWATT_CONFIG_DIR"]), f"http://127.0.0.1:{cable.port}")
    edge.start()
    yield edge
    edge.end(signal.SIGKILL)


def stands(centre: Any, meter: str = "F-1", after: int = -1) -> list[int]:  # noqa: ANN401  # as above
    """What the meter showed beyond `after`, in order of time, as the centre reads it back."""
    query = {"meter": meter, "from": "2020-01-01", "to": "2100-01-01", "step": "raw", "limit": "100000"}
    answer = httpx.get(f"{centre.url}/api/v1/readings", params=query, headers=HEADERS, timeout=30)
    if answer.status_code == 404:
        return []
    values = answer.raise_for_status().json()["quantities"].get("energy_import", {"values": []})["values"]
    return [int(value) for value in values if value > after]


def told(centre: Any) -> Any:  # noqa: ANN401  # as above
    return httpx.get(f"{centre.url}/api/v1/sources", headers=HEADERS, timeout=30).raise_for_status().json()


def consecutive(values: list[int]) -> bool:
    return values == list(range(values[0], values[0] + len(values)))


def test_after_a_night_without_the_link_nothing_is_missing_and_nothing_doubled(
    centre: Any,  # noqa: ANN401  # as above
    cable: Cable,
    edge: Edge,
    counting: Any,  # noqa: ANN401  # as above
) -> None:
    until(lambda: len(stands(centre)) > 3)
    cable.cut()
    night = counting.count
    until(lambda: counting.count > night + 15)
    assert stands(centre)[-1] < counting.count - 10
    cable.join()
    morning = counting.count
    until(lambda: stands(centre)[-1] > morning and night + 10 in stands(centre))
    assert edge.end(signal.SIGTERM) == 0
    values = stands(centre)
    assert consecutive(values)
    assert values[0] == 1
    assert counting.count - values[-1] <= 1
    assert "no answer from" in edge.log.read_text()


def test_an_edge_that_is_killed_while_its_spool_holds_brings_it_after_the_next_start(
    centre: Any,  # noqa: ANN401  # as above
    cable: Cable,
    edge: Edge,
    counting: Any,  # noqa: ANN401  # as above
) -> None:
    begun = counting.count + 1
    until(lambda: len(stands(centre, after=begun)) > 3)
    cable.cut()
    night = counting.count
    until(lambda: counting.count > night + 15)
    edge.end(signal.SIGKILL)
    killed = counting.count
    cable.join()
    edge.start()
    until(lambda: stands(centre)[-1] > killed + 5 and night + 10 in stands(centre))
    edge.end(signal.SIGTERM)
    values = stands(centre, after=begun)
    missing = set(range(begun + 1, values[-1] + 1)) - set(values)
    # What was read in the last instants before the kill was not on the disk yet, and nobody was told it was.
    assert missing <= set(range(killed - 4, killed + 1))
    assert len(values) == len(set(values))


def test_a_meter_added_to_the_common_file_is_read_by_the_edge_and_stands_at_the_centre(
    centre: Any,  # noqa: ANN401  # as above
    edge: Edge,
) -> None:
    site = Path(centre.variables["PARKWATT_CONFIG_DIR"]) / "sites/plant.yaml"
    known = site.read_text("utf-8")
    site.write_text(known + SECOND, "utf-8")
    until(lambda: stands(centre, "F-2"))
    until(lambda: told(centre)["sources"][0]["answering"] == 2)
    assert (told(centre)["sources"][0]["edge"], told(centre)["edges"][0]["silent"]) == ("hall-2", False)
    assert edge.end(signal.SIGTERM) == 0


def test_a_wrong_key_is_said_plainly_and_loses_nothing(
    centre: Any,  # noqa: ANN401  # as above
    edge: Edge,
    counting: Any,  # noqa: ANN401  # as above
) -> None:
    edge.end(signal.SIGKILL)
    edge._environment["PARKWATT_TOKEN"] = "another-key-altogether"  # noqa: S105  # opens nothing
    first = counting.count + 1
    edge.start()
    until(lambda: "PARKWATT_TOKEN here has to be the token there" in edge.log.read_text())
    until(lambda: counting.count > first + 5)
    assert edge.end(signal.SIGTERM) == 0
    last = counting.count
    edge._environment["PARKWATT_TOKEN"] = TOKEN
    edge.start()
    until(lambda: stands(centre)[-1] > last)
    until(lambda: consecutive(stands(centre, after=first)))
