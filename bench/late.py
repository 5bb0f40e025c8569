"""A million readings of last month posted at once while every meter goes on live: when they are settled."""

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.measure import Measure
from bench.posts import send, service
from bench.write import database
from telemetry.storage.migrate import migrate

METERS, DAYS = 350, 30
ROWS = 5_000
SLOT_S = 900
SLOTS = DAYS * 96
PATH = "/api/v1/readings"
SETTLED_S, ACK_MS, SHOWN_S, MEMORY_MB = 60.0, 250.0, 2.0, 1024.0
LONGEST_S = 600.0


def body(meter: NDArray[np.int64], time_s: NDArray[np.int64], since_s: int) -> bytes:
    """Counters that rise by one each quarter hour from `since_s` on."""
    shown = ((time_s - since_s) / SLOT_S).tolist()
    codes = [f"m{n}" for n in meter.tolist()]
    return msgspec.json.encode(
        {"meter": codes, "time": time_s.tolist(), "time_unit": "s", "energy_import": shown}
    )


def late(first_s: int) -> list[bytes]:
    """The month in no order."""
    order = np.random.default_rng(1).permutation(METERS * SLOTS)
    parts = np.array_split(order, len(order) // ROWS)
    return [body(part % METERS, first_s + part // METERS * SLOT_S, first_s) for part in parts]


def ask(port: int, path: str) -> Any:  # noqa: ANN401  # JSON
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return told


class Live(threading.Thread):
    """Posts a reading of every meter each second, and looks at the picture in between."""

    def __init__(self, port: int, first_s: int) -> None:
        super().__init__()
        self._port, self._first_s = port, first_s
        self._over = threading.Event()
        self.acknowledged_ms: list[float] = []
        self.age_s: list[float] = []

    def run(self) -> None:
        every = np.arange(METERS)
        while not self._over.wait(0.5):
            begun = time.perf_counter()
            send(self._port, PATH, [body(every, np.full(METERS, int(time.time())), self._first_s)])
            self.acknowledged_ms.append((time.perf_counter() - begun) * 1e3)
            self._over.wait(0.5)
            picture, now = ask(self._port, "/api/v1/live"), time.time()
            shown = min(datetime.fromisoformat(each["time"]).timestamp() for each in picture["meters"])
            self.age_s.append(now - shown)

    def end(self) -> None:
        self._over.set()
        self.join()


@contextmanager
def live(port: int, first_s: int) -> Iterator[Live]:
    going = Live(port, first_s)
    send(port, PATH, [body(np.arange(METERS), np.full(METERS, int(time.time())), first_s)])
    time.sleep(3)
    going.start()
    try:
        yield going
    finally:
        going.end()


def highest_mb(pid: int) -> float:
    """The most memory that a process held so far."""
    told = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(told["VmHWM"].split()[0]) / 1024


def settled(port: int) -> bool:
    return not any(stage["meters"] for stage in ask(port, "/api/v1/settlement")["stages"])


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def measured(port: int, pid: int) -> Iterator[Measure]:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first_s = int((today - timedelta(days=DAYS + 1)).timestamp())
    bodies = late(first_s)
    with live(port, first_s) as going:
        time.sleep(15)
        quiet, before_mb = len(going.acknowledged_ms), highest_mb(pid)
        begun = time.perf_counter()
        send(port, PATH, bodies)
        posted = time.perf_counter() - begun
        while not settled(port):
            assert time.perf_counter() - begun < LONGEST_S, "not settled"
            time.sleep(0.25)
        whole = time.perf_counter() - begun
    rows = f"{METERS * SLOTS} readings of last month, {METERS} meters live beside them"
    goal = "reference: the goal"
    yield Measure("late.posted", posted, SETTLED_S, "s", f"{rows}, acknowledged; {goal}")
    yield Measure("late.settled", whole, SETTLED_S, "s", f"the same, settled to days; {goal}")
    calm, busy = going.acknowledged_ms[:quiet], going.acknowledged_ms[quiet:]
    yield Measure(
        "late.live.ack", p95(busy), p95(calm), "ms", "p95 of a live post's answer; reference: before"
    )
    calm, busy = going.age_s[:quiet], going.age_s[quiet:]
    what = "p95 of how old the oldest shown reading of a meter that is read each second is; reference: before"
    yield Measure("late.live.shown", p95(busy), p95(calm), "s", what)
    what = "the most that the service held; reference: before"
    yield Measure("late.memory", highest_mb(pid), before_mb, "MB", what)


def measure() -> Iterator[Measure]:
    with database() as url, tempfile.TemporaryDirectory() as folder:
        migrate(url)
        with service(url, Path(folder), METERS) as server:
            yield from measured(server.port, server.pid)
