"""Readings posted to the service, answered after the commit, beside a bare COPY and VictoriaMetrics."""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import msgspec
import numpy as np
import psycopg

from accounting.quantity import CATALOGUE
from bench import processor
from bench.measure import Measure
from bench.write import copy, database, encoded
from ingest.batch import Batch
from telemetry.storage.migrate import migrate

METERS = 500
BODIES = 40
ROWS = 2_500
CLIENTS = 4
ROUNDS = 3
NAMES = tuple(CATALOGUE)[:20]
POLL_US = 1_000
BEGUN_US = int(time.time() * 1e6)
HERE = Path(__file__).parents[1]
VICTORIA = "victoria-metrics"
UNIT = "k values/s"
COPIED = "one COPY BINARY of the same rows, encoded before, into the same table"


def batches() -> list[Batch]:
    """Polls of all meters in turn, of this moment and new to every table: live rows, not late ones.

    Everything rises from one call to the next, so that nothing is doubted.
    """
    polls = ROWS // METERS
    codes = tuple(f"m{n}" for n in range(METERS))
    each = np.tile(np.arange(METERS, dtype=np.int32), polls)
    first_us, found = int(time.time() * 1e3) * 1000, []
    for n in range(BODIES):
        time_us = first_us + np.repeat(np.arange(polls) + n * polls, METERS) * POLL_US
        risen = 100 + each * 1e-3 + (time_us - BEGUN_US) * 1e-9
        values = np.round(risen[:, None] + np.arange(len(NAMES), dtype=np.float64), 6)
        found.append(Batch("bench", codes, each, time_us.astype(np.int64), NAMES, values))
    return found


def columnar(batch: Batch) -> bytes:
    columns = {name: batch.values[:, i].tolist() for i, name in enumerate(NAMES)}
    time_ms = (batch.time // 1000).tolist()
    meters = [batch.meters[n] for n in batch.row_meter]
    return msgspec.json.encode({"meter": meters, "time": time_ms, "time_unit": "ms", **columns})


def lines(batch: Batch) -> bytes:
    rows = zip(batch.row_meter.tolist(), batch.time.tolist(), batch.values.tolist(), strict=True)
    return "\n".join(
        f"electricity,meter=m{meter} {','.join(map('{}={}'.format, NAMES, values))} {time * 1000}"
        for meter, time, values in rows
    ).encode()


SENT = {
    "columnar": ("service", "/api/v1/readings", columnar),
    "lines": ("service", "/api/v2/write", lines),
    "victoria": (VICTORIA, "/write", lines),
}
"""Where each goes, and in which form."""


@dataclass(frozen=True)
class Server:
    port: int
    pid: int
    beside: int | None = None
    """The process of its database, where it runs on this machine."""

    def spent(self) -> float:
        """Processor seconds, the database's with them."""
        return sum(processor.spent(pid) for pid in (self.pid, self.beside) if pid)


def site(meters: int = METERS) -> str:
    meter = {"area": "park", "source": "bench"}
    return json.dumps(
        {
            "code": "bench",
            "name": {"en": "Bench", "zh": "基准"},
            "zone": "Asia/Shanghai",
            "region": "CN-GD",
            "areas": [{"code": "park", "kind": "park", "name": {"en": "Park", "zh": "园区"}}],
            "sources": [{"code": "bench", "kind": "push"}],
            "meters": [
                {"code": f"m{n}", "name": {"en": f"m{n}", "zh": f"m{n}"}, **meter} for n in range(meters)
            ],
        }
    )


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listening(command: list[str], port: int, **environment: str) -> Iterator[int]:
    """A server in a process of its own, once it answers."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
        try:
            for _ in range(600):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert process.poll() is None, log.seek(0) or log.read().decode()
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()
            process.wait()


@contextmanager
def service(url: str, folder: Path, meters: int = METERS) -> Iterator[Server]:
    port = unused_port()
    (folder / "sites").mkdir()
    (folder / "sites" / "bench.yaml").write_text(site(meters), encoding="utf-8")
    places = {"PARKWATT_CONFIG_DIR": str(folder), "PARKWATT_DATA_DIR": str(folder / "data")}
    command = [sys.executable, "-m", "telemetry.cli", "serve"]
    with listening(command, port, PARKWATT_PORT=str(port), PARKWATT_DATABASE_URL=url, **places) as pid:
        yield Server(port, pid, processor.postmaster(url))


@contextmanager
def victoria(folder: Path) -> Iterator[Server]:
    port = unused_port()
    options = [f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y"]
    with listening([str(shutil.which(VICTORIA)), *options], port) as pid:
        yield Server(port, pid)


@contextmanager
def alone(name: str, servers: dict[str, Server]) -> Iterator[Server]:
    """The others are stopped meanwhile, so that what they put off for later is done in their own time."""
    others = [server.pid for other, server in servers.items() if other != name]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield servers[name]
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


def post(port: int, path: str, bodies: list[bytes], folder: Path) -> float:
    """Seconds until all are answered, sent by clients in a process of their own."""
    file = folder / "bodies"
    file.write_bytes(msgspec.msgpack.encode(bodies))
    command = [sys.executable, "-m", "bench.posts", str(port), path, str(file)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def send(port: int, path: str, bodies: list[bytes]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    for body in bodies:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status in {200, 204}, text
    connection.close()


def main(port: int, path: str, file: Path) -> None:
    bodies = msgspec.msgpack.decode(file.read_bytes())
    clients = [threading.Thread(target=send, args=(port, path, bodies[n::CLIENTS])) for n in range(CLIENTS)]
    start = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    print(time.perf_counter() - start)


@dataclass(frozen=True)
class Taken:
    seconds: float
    processor: float
    """Seconds that the server and its database used."""


def rounds(conn: psycopg.Connection, servers: dict[str, Server], folder: Path) -> Iterator[dict[str, Taken]]:
    """What each way took."""
    ids: dict[str, int] = dict(conn.execute("select code, id from meter").fetchall())
    for _ in range(ROUNDS + 1):
        taken = {"copy": Taken(copied(conn, encoded(batches(), ids, by_key=True)), 0.0)}
        for name, (server, path, body) in SENT.items():
            if server in servers:
                rows, stood = batches(), counted(conn)
                with alone(server, servers) as one:
                    before = one.spent()
                    seconds = post(one.port, path, list(map(body, rows)), folder)
                    taken[name] = Taken(seconds, one.spent() - before)
                assert server == VICTORIA or counted(conn) == stood + BODIES * ROWS
        yield taken


def copied(conn: psycopg.Connection, data: memoryview) -> float:
    start = time.perf_counter()
    copy(conn, data)
    return time.perf_counter() - start


def counted(conn: psycopg.Connection) -> int:
    row = conn.execute("select count(*) from reading").fetchone()
    return int(row[0]) if row else 0


def measured() -> list[dict[str, Taken]]:
    with ExitStack() as stack:
        url = stack.enter_context(database())
        migrate(url)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = {"service": stack.enter_context(service(url, folder))}
        if shutil.which(VICTORIA):
            servers[VICTORIA] = stack.enter_context(victoria(folder / "victoria"))
        conn = stack.enter_context(psycopg.connect(url, autocommit=True))
        return list(rounds(conn, servers, folder))[1:]


def measure() -> Iterator[Measure]:
    taken = measured()
    values = BODIES * ROWS * len(NAMES) / 1e3
    speed = {n: values / statistics.median(each[n].seconds for each in taken) for n in taken[0]}
    what = f"ours: {CLIENTS} clients, {ROWS} rows of {len(NAMES)} values a body, answered after the commit"
    reference = f"VictoriaMetrics, the same rows by line protocol; {what}"
    for name in ("columnar", "lines"):
        yield Measure(f"posts.{name}", speed[name], speed["copy"], UNIT, f"{COPIED}; {what}")
        if "victoria" in speed:
            yield Measure(f"posts.{name}.victoria", speed[name], speed["victoria"], UNIT, reference)
    if "victoria" in speed:
        used = {n: values / statistics.median(each[n].processor for each in taken) for n in SENT}
        for name in ("columnar", "lines"):
            paid = f"{reference}; by processor seconds of server and database"
            yield Measure(f"posts.{name}.processor", used[name], used["victoria"], "k values/s/core", paid)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
