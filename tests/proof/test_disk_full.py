"""A full disk is told, what is acknowledged meanwhile is kept, and with room again all of it is stored."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from service import Service

from accounting.quantity import CATALOGUE

pytestmark = [pytest.mark.database, pytest.mark.long]
ROOT = Path(__file__).parents[2]
START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 2000
NAMES = tuple(CATALOGUE)[:20]
DISK_MB, SPOOL_MB = 400, 16
SITE = """
code: proof
name: {en: Proof, zh: 证明}
zone: Asia/Shanghai
region: CN-GD
areas: [{code: park, kind: park, name: {en: Park, zh: 园区}}]
sources: [{kind: push, code: push}]
meters: [{code: a, name: {en: a, zh: a}, area: park, source: push}]
"""


@dataclass
class Sender(threading.Thread):
    """Posts a second for each row, in order, each body until it is acknowledged; notes what it was told."""

    url: str
    acknowledged: int = 0
    spooled: int = 0
    told: dict[int, httpx.Response] = field(default_factory=dict)
    """The newest answer of each status."""

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._ended = threading.Event()

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._ended.is_set():
                self._post(client, body(self.acknowledged))
                self.acknowledged += ROWS

    def _post(self, client: httpx.Client, rows: Mapping[str, Any]) -> None:
        while not self._ended.is_set():
            with suppress(httpx.HTTPError):
                answer = client.post(f"{self.url}/api/v1/readings", json=rows)
                self.told[answer.status_code] = answer
                if answer.status_code == httpx.codes.OK:
                    self.spooled += answer.json()["spooled"]
                    return
            time.sleep(0.05)
        self.acknowledged -= ROWS

    def end(self) -> None:
        self._ended.set()
        self.join(120)
        assert not self.is_alive()


def body(first: int) -> dict[str, Any]:
    seconds = range(first, first + ROWS)
    times = [int((START + timedelta(seconds=each)).timestamp() * 1000) for each in seconds]
    values = [float(each) for each in seconds]
    shown = dict.fromkeys(NAMES, values)
    return {"meter": ["a"] * ROWS, "time": times, "time_unit": "ms", **shown}


@pytest.fixture
def service(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Service]:
    """Its data folder is a small disk that only it and its children have mounted."""
    (tmp_path / "data").mkdir()
    (tmp_path / "config" / "sites").mkdir(parents=True)
    (tmp_path / "config" / "sites" / "proof.yaml").write_text(SITE, encoding="utf-8")
    mounted = f'mount -t tmpfs -o size={DISK_MB}m,mode=0755 tmpfs "{tmp_path / "data"}" && exec "$@"'
    small = ["unshare", "--mount", "sh", "-c", mounted, "sh"]
    if subprocess.run([*small, "true"], capture_output=True, check=False).returncode:
        pytest.skip("does not apply: this machine lets nobody mount a small disk")
    variables = {"PARKWATT_CONFIG_DIR": str(tmp_path / "config"), "PARKWATT_SPOOL_MB": str(SPOOL_MB)}
    with closing(Service(tmp_path, free_port(), variables, small)) as service:
        service.start()
        service.await_ready()
        yield service
        service.stop()


def fill(disk: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as out:
        while True:
            out.write(bytes(1 << 16))
    return ballast


def until(condition: Callable[[], bool], what: str, patience_s: float = 180) -> float:
    """Seconds that it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < patience_s, f"{what} within {patience_s:g} s"
        time.sleep(0.05)
    return round(time.monotonic() - started, 1)


def sources(service: Service) -> Mapping[str, Any]:
    found: Mapping[str, Any] = httpx.get(f"{service.url}/api/v1/sources", timeout=30).json()
    return found


def stored(service: Service, count: int) -> list[float]:
    """The numbers that stand, in order of time."""
    values: list[float] = []
    for first in range(0, count, 10_000):
        lo = START + timedelta(seconds=first)
        query = {
            "meter": "a",
            "from": lo.isoformat(),
            "to": (lo + timedelta(seconds=min(10_000, count - first))).isoformat(),
            "step": "raw",
            "limit": "10000",
        }
        answer = httpx.get(f"{service.url}/api/v1/readings", params=query, timeout=60).raise_for_status()
        values += answer.json()["quantities"]["energy_import"]["values"]
    return values


def test_a_full_disk_is_told_and_nothing_that_was_acknowledged_is_lost(service: Service) -> None:
    sender = Sender(service.url)
    sender.start()
    until(lambda: sender.acknowledged >= 10 * ROWS, "rows were acknowledged")
    ballast = fill(Path(f"/proc/{service.pid}/root{service.data}"))
    spooled_s = until(lambda: sender.spooled > 0, "rows were spooled")
    queue = sources(service)["queue"]
    assert queue["failing"]
    assert "No space left on device" in queue["last_error"]
    refused_s = until(lambda: 503 in sender.told, "rows were refused")
    assert int(sender.told[503].headers["retry-after"]) > 0
    assert sources(service)["spool"]["state"] == "full"
    assert httpx.get(f"{service.url}/readyz", timeout=30).status_code == 503
    stood, kept = sender.acknowledged, sender.spooled
    ballast.unlink()
    again_s = until(lambda: sender.acknowledged > stood, "rows were acknowledged again")
    until(lambda: sender.acknowledged > stood + 20 * ROWS, "rows went on")
    sender.end()
    empty_s = until(lambda: sources(service)["spool"]["rows"] == 0, "the spool was empty")
    service.await_ready()
    assert stored(service, sender.acknowledged) == [float(n) for n in range(sender.acknowledged)]
    _write(
        {
            "acknowledged_rows": sender.acknowledged,
            "of_these_through_the_spool_while_the_disk_was_full": kept,
            "spooled_after_s": spooled_s,
            "refused_with_retry_after_s": round(spooled_s + refused_s, 1),
            "acknowledged_again_s_after_there_was_room": again_s,
            "spool_empty_s_after_the_last_row": empty_s,
            "lost": 0,
            "doubled": 0,
        }
    )


def _write(told: dict[str, object]) -> None:
    """Where proofs are kept, when they are made."""
    if folder := os.environ.get("PARKWATT_PROOF_DIR"):
        git = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        head = {"proof": "the disk of database and spool full under load", "commit": git.stdout.strip()}
        (Path(folder) / "disk_full.json").write_text(
            json.dumps(head | told, indent=2) + "\n", encoding="utf-8"
        )
