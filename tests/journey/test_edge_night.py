"""The network of an edge fails below its sockets, for a night: packets vanish, and nobody is told."""

import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import far
import pytest
from far import SITE, TOKEN, Cable, Edge, stands, told, until

pytestmark = pytest.mark.database
CENTRE, EDGE = "198.18.43.1", "198.18.43.2"
"""Of the range that RFC 2544 keeps for tests; they stand on a pair of devices inside this machine."""
_NEWNET = 0x40000000


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Plant:
    """A network of its own, joined to the rest of this machine by one link."""

    def __init__(self) -> None:
        self.name = f"pw{secrets.token_hex(3)}"
        self._here, self._there = f"{self.name}a", f"{self.name}b"
        ip("netns", "add", self.name)

    def join(self) -> None:
        ip("link", "add", self._here, "type", "veth", "peer", "name", self._there, "netns", self.name)
        ip("addr", "add", f"{CENTRE}/30", "dev", self._here)
        ip("-n", self.name, "addr", "add", f"{EDGE}/30", "dev", self._there)
        for place, device in (((), self._here), (("-n", self.name), self._there), (("-n", self.name), "lo")):
            ip(*place, "link", "set", device, "up")

    def down(self) -> None:
        """At the centre's end: at the plant address and route stand as before, and nothing comes through."""
        ip("link", "set", self._here, "down")

    def up(self) -> None:
        ip("link", "set", self._here, "up")

    def end(self) -> None:
        subprocess.run(["ip", "link", "del", self._here], check=False, capture_output=True)
        ip("netns", "del", self.name)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that this thread opens meanwhile are the plant's."""
        libc = ctypes.CDLL(None, use_errno=True)
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        plant = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            assert libc.setns(plant, _NEWNET) == 0, os.strerror(ctypes.get_errno())
            yield
        finally:
            assert libc.setns(home, _NEWNET) == 0, os.strerror(ctypes.get_errno())
            os.close(home)
            os.close(plant)


@pytest.fixture
def plant() -> Iterator[Plant]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("a network namespace needs root and Debian's iproute2")
    try:
        plant = Plant()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made here: {error.stderr.decode().strip()}")
    try:
        plant.join()
        yield plant
    finally:
        plant.end()


@pytest.fixture
def counting(registers: Any, plant: Plant) -> Iterator[Any]:
    with plant.inside():
        bank = far.counting(registers)
    yield bank
    bank.stop()


@pytest.fixture
def centre(serve: Callable[..., Any], counting: Any) -> Any:
    return serve(SITE.format(port=counting.port), PARKWATT_TOKEN=TOKEN, PARKWATT_ALLOWED_HOSTS=CENTRE)


@pytest.fixture
def edge(centre: Any, plant: Plant, tmp_path: Path) -> Iterator[Edge]:
    cable = Cable(int(centre.url.rpartition(":")[2]), CENTRE)
    within = ["ip", "netns", "exec", plant.name]
    config = Path(centre.variables["PARKWATT_CONFIG_DIR"])
    edge = Edge(tmp_path, config, f"http://{CENTRE}:{cable.port}", within)
    edge.start("--plain")
    yield edge
    edge.end(signal.SIGKILL)
    cable.close()


@pytest.mark.parametrize("night_s", [15, pytest.param(600, marks=pytest.mark.long)])
def test_in_the_morning_nothing_is_missing_and_the_spool_is_empty(
    night_s: int,
    centre: Any,
    edge: Edge,
    plant: Plant,
    counting: Any,
) -> None:
    until(lambda: len(stands(centre)) > 3)
    plant.down()
    evening, begun = counting.count, time.monotonic()
    until(lambda: counting.count > evening + 20 and time.monotonic() - begun > night_s, night_s + 60)
    assert stands(centre)[-1] < counting.count - 10
    for _ in range(3):
        plant.up()
        plant.down()
    plant.up()
    morning = counting.count
    until(lambda: set(range(1, morning + 5)) <= set(stands(centre)), 180)
    until(lambda: told(centre)["edges"][0]["spool"]["rows"] == 0, 120)
    assert edge.end(signal.SIGTERM) == 0
    values = stands(centre)
    assert values == sorted(set(values))
    assert (values[0], counting.count - values[-1] <= 1) == (1, True)
    assert told(centre)["sources"][0]["lost_rows"] == 0
