"""The live snapshot of 10 000 meters as a browser asks for it, quiet and while values arrive."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from zlib import decompress

import msgspec
import numpy as np

from bench.arriving import GOAL, LOOK_MS, ROWS
from bench.measure import Measure
from bench.posts import HERE, NAMES, columnar, send, service
from bench.reports import SHOWN, p95
from bench.write import database
from ingest.batch import Batch
from telemetry.storage.migrate import migrate

PATH = "/api/v1/readings"
PAUSE_S = 0.73
"""Between two questions: none is asked at the same place of a second as the one before."""
AGE_S = 2.0
_GZIP_BITS = 31


class Shown(msgspec.Struct):
    """What the measure reads of a snapshot."""

    time: datetime
    meters: list[msgspec.Raw]


def body(second: int, first: int, rows: int) -> bytes:
    """Rows of as many meters from one on, 20 values each, that came now."""
    each = np.arange(first, first + rows, dtype=np.int32) % SHOWN
    codes = tuple(f"m{n}" for n in range(SHOWN))
    risen = 100 + 0.02 * second + np.random.default_rng(second).random((rows, len(NAMES))) / 100
    now = np.full(rows, int(time.time() * 1e3) * 1000)
    return columnar(Batch("bench", codes, each, now, NAMES, risen))


def post(port: int) -> None:
    """A second's rows each second, until ended; says after each how many values a second were taken."""
    start, second = time.monotonic(), 0
    while True:
        send(port, PATH, [body(second, second * ROWS, ROWS)])
        second += 1
        print(second * ROWS * len(NAMES) / max(second, time.monotonic() - start), flush=True)
        time.sleep(max(0.0, start + second - time.monotonic()))


@contextmanager
def arriving(port: int) -> Iterator[list[float]]:
    """Another process posts; in the list afterwards stands how many values a second it brought in."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([sys.executable, "-m", "bench.live", str(port)], cwd=HERE, stdout=said)
        came: list[float] = []
        try:
            yield came
        finally:
            process.terminate()
            process.wait()
            said.seek(0)
            came += [float(line) for line in said][-1:]


def told(packed: bytes) -> Shown:
    return msgspec.json.decode(decompress(packed, _GZIP_BITS), type=Shown)


def snapshots(port: int, name: str, how: str) -> Iterator[Measure]:
    ages: list[float] = []
    connection = HTTPConnection("127.0.0.1", port, timeout=120)

    def question() -> None:
        connection.request("GET", "/api/v1/live", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        packed.append((answer.read(), time.time()))

    packed: list[tuple[bytes, float]] = []
    taken = p95(question, lambda: time.sleep(PAUSE_S))
    for each, now in packed[1:]:
        shown = told(each)
        assert len(shown.meters) == SHOWN
        ages.append(now - shown.time.timestamp())
    yield Measure(
        name, taken, LOOK_MS, "ms", f"p95 of GET /api/v1/live packed, {SHOWN} meters of 20 values, {how}"
    )
    yield Measure(
        f"{name}.age", max(ages), AGE_S, "s", f"the oldest of these pictures when it had come, {how}"
    )


def measure() -> Iterator[Measure]:
    with database() as url, tempfile.TemporaryDirectory() as folder:
        migrate(url)
        with service(url, Path(folder), SHOWN) as server:
            send(server.port, PATH, [body(0, 0, SHOWN)])
            time.sleep(3)
            yield from snapshots(server.port, "live.quiet", "nothing arrives; reference: the goal")
            with arriving(server.port) as values:
                time.sleep(3)
                yield from snapshots(server.port, "live.arriving", "while values arrive; reference: the goal")
            yield Measure(
                "live.values", values[0], GOAL, "1/s", "values posted meanwhile; reference: the goal"
            )


if __name__ == "__main__":
    post(int(sys.argv[1]))
