"""Readings posted to the service, answered after the commit, beside a bare COPY and VictoriaMetrics."""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import msgspec
import numpy as np
import psycopg

from accounting.quantity import CATALOGUE
from bench.measure import Measure
from bench.write import copy, database, encoded
from ingest.batch import Batch
from telemetry.storage.migrate import migrate

METERS = 500
BODIES = 40
ROWS = 2_500
CLIENTS = 2
ROUNDS = 3
NAMES = tuple(CATALOGUE)[:20]
POLL_US = 1_000
HERE = Path(__file__).parents[1]
VICTORIA = "victoria-metrics"
UNIT = "k values/s"
COPIED = "one COPY BINARY of the same rows, encoded before, into the same table"


def batches() -> list[Batch]:
    """Polls of all meters in turn, of this moment and new to every table: live rows, not late ones."""
    polls = ROWS // METERS
    codes = tuple(f"m{n}" for n in range(METERS))
    each = np.tile(np.arange(METERS, dtype=np.int32), polls)
    first_us, found = int(time.time() * 1e3) * 1000, []
    for n in range(BODIES):
        time_us = first_us + np.repeat(np.arange(polls) + n * polls, METERS) * POLL_US
        values = np.round(
            100 + np.arange(n * ROWS, (n + 1) * ROWS)[:, None] * 1e-6 + np.arange(len(NAMES)), 6
        )
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


def site() -> str:
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
                {"code": f"m{n}", "name": {"en": f"m{n}", "zh": f"m{n}"}, **meter} for n in range(METERS)
            ],
        }
    )


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listening(command: list[str], port: int, **environment: str) -> Iterator[None]:
    """A server in a process of its own, once it answers."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
        try:
            for _ in range(600):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert process.poll() is None, log.seek(0) or log.read().decode()
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait()


@contextmanager
def service(url: str, folder: Path) -> Iterator[int]:
    port = unused_port()
    (folder / "sites").mkdir()
    (folder / "sites" / "bench.yaml").write_text(site(), encoding="utf-8")
    places = {"PARKWATT_CONFIG_DIR": str(folder), "PARKWATT_DATA_DIR": str(folder / "data")}
    command = [sys.executable, "-m", "telemetry.cli", "serve"]
    with listening(command, port, PARKWATT_PORT=str(port), PARKWATT_DATABASE_URL=url, **places):
        yield port


@contextmanager
def victoria(folder: Path) -> Iterator[int]:
    port = unused_port()
    options = [f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y"]
    with listening([str(shutil.which(VICTORIA)), *options], port):
        yield port


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


def rounds(conn: psycopg.Connection, ports: dict[str, int], folder: Path) -> Iterator[dict[str, float]]:
    """Seconds that each way took."""
    ids = dict(conn.execute("select code, id from meter").fetchall())
    for _ in range(ROUNDS + 1):
        taken = {"copy": copied(conn, encoded(batches(), ids))}
        for name, (server, path, body) in SENT.items():
            if server in ports:
                rows, stood = batches(), counted(conn)
                taken[name] = post(ports[server], path, list(map(body, rows)), folder)
                assert server == VICTORIA or counted(conn) == stood + BODIES * ROWS
        yield taken


def copied(conn: psycopg.Connection, data: bytes) -> float:
    start = time.perf_counter()
    copy(conn, data)
    return time.perf_counter() - start


def counted(conn: psycopg.Connection) -> int:
    row = conn.execute("select count(*) from reading").fetchone()
    return int(row[0]) if row else 0


def measure() -> Iterator[Measure]:
    with ExitStack() as stack:
        url = stack.enter_context(database())
        migrate(url)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = {"service": stack.enter_context(service(url, folder))}
        if shutil.which(VICTORIA):
            ports[VICTORIA] = stack.enter_context(victoria(folder / "victoria"))
        conn = stack.enter_context(psycopg.connect(url, autocommit=True))
        taken = list(rounds(conn, ports, folder))[1:]
    values = BODIES * ROWS * len(NAMES) / 1e3
    median = {name: values / statistics.median(each[name] for each in taken) for name in taken[0]}
    what = f"ours: {CLIENTS} clients, {ROWS} rows of {len(NAMES)} values a body, answered after the commit"
    for name in ("columnar", "lines"):
        yield Measure(f"posts.{name}", median[name], median["copy"], UNIT, f"{COPIED}; {what}")
        if "victoria" in median:
            reference = f"VictoriaMetrics, the same rows by line protocol; {what}"
            yield Measure(f"posts.{name}.victoria", median[name], median["victoria"], UNIT, reference)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
