"""What was acknowledged is there, exactly once, whatever was killed meanwhile."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

sys.path.append(str(Path(__file__).parent))
from service import Service

ROOT = Path(__file__).parents[2]
SEED = 20261122
METERS = ("a", "b", "c")
START = datetime(2026, 1, 1, tzinfo=UTC)
SITE = """
code: proof
name: {en: Proof, zh: 证明}
zone: Asia/Shanghai
region: CN-GD
areas: [{code: park, kind: park, name: {en: Park, zh: 园区}}]
sources: [{kind: push, code: push}]
meters:
"""
METER = "  - {{code: {0}, name: {{en: {0}, zh: {0}}}, area: park, source: push}}\n"


class Sender(threading.Thread):
    """Posts rows in order, each until it is acknowledged, and remembers what was."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.acknowledged = 0
        self.resent = 0
        self._url = f"{url}/api/v1/readings"
        self._ended = threading.Event()

    def run(self) -> None:
        with httpx.Client(timeout=5) as client:
            while not self._ended.is_set():
                self._post(client, rows(self.acknowledged))
                self.acknowledged += 1

    def _post(self, client: httpx.Client, body: list[dict[str, object]]) -> None:
        while True:
            with suppress(httpx.HTTPError):
                if client.post(self._url, json=body).status_code == httpx.codes.OK:
                    return
            self.resent += 1
            time.sleep(0.02)

    def end(self) -> None:
        self._ended.set()
        self.join(60)


def rows(number: int) -> list[dict[str, object]]:
    """The rows of the n-th post: three meters, ten seconds each."""
    moments = [START + timedelta(seconds=10 * number + second) for second in range(10)]
    return [
        {"meter": meter, "time": moment.isoformat(), "values": {"energy_import": 10.0 * number + second}}
        for meter in METERS
        for second, moment in enumerate(moments)
    ]


@pytest.fixture
def service(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Service]:
    sites = tmp_path / "config" / "sites"
    sites.mkdir(parents=True)
    (sites / "proof.yaml").write_text(SITE + "".join(METER.format(code) for code in METERS), encoding="utf-8")
    service = Service(tmp_path, free_port(), {"PARKWATT_CONFIG_DIR": str(tmp_path / "config")})
    service.start()
    service.await_ready()
    yield service
    service.close()


def kill_at_random(service: Service, choice: random.Random, kills: int) -> dict[str, int]:
    counts = {"service": 0, "database": 0}
    for _ in range(kills):
        time.sleep(choice.uniform(0.3, 1.5))
        target = choice.choice(sorted(counts))
        counts[target] += 1
        if target == "service":
            service.kill()
            service.start()
        else:
            os.kill(service.postmaster(), signal.SIGKILL)
        service.await_ready()
    return counts


def standing(service: Service, meter: str, posts: int) -> list[float]:
    """Values of the meter as the API reads them back, in order of time."""
    values: list[float] = []
    for first in range(0, posts, 500):
        lo, hi = (START + timedelta(seconds=10 * n) for n in (first, min(first + 500, posts)))
        query = {
            "meter": meter,
            "from": lo.isoformat(),
            "to": hi.isoformat(),
            "step": "raw",
            "limit": "10000",
        }
        answer = (
            httpx.get(f"{service.url}/api/v1/readings", params=query, timeout=30).raise_for_status().json()
        )
        values += answer["quantities"]["energy_import"]["values"]
    return values


def prove(service: Service, kills: int) -> dict[str, object]:
    choice = random.Random(SEED)  # noqa: S311  # a repeatable order of kills
    sender = Sender(service.url)
    sender.start()
    counts = kill_at_random(service, choice, kills)
    sender.end()
    acknowledged = sender.acknowledged
    assert acknowledged > kills
    for meter in METERS:
        assert standing(service, meter, acknowledged) == [float(n) for n in range(10 * acknowledged)]
    return {
        "seed": SEED,
        "kills": counts,
        "acknowledged_rows": acknowledged * 10 * len(METERS),
        "posts_sent_again": sender.resent,
        "lost": 0,
        "doubled": 0,
    }


@pytest.mark.database
def test_nothing_acknowledged_is_lost_by_a_few_kills(service: Service) -> None:
    prove(service, 4)
    assert service.stop() == 128 + signal.SIGINT


@pytest.mark.database
@pytest.mark.long
def test_nothing_acknowledged_is_lost_by_many_kills(service: Service) -> None:
    result = prove(service, int(os.environ.get("PARKWATT_PROOF_KILLS", "60")))
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    folder = Path(os.environ.get("PARKWATT_PROOF_DIR", "docs/proof"))
    folder.mkdir(parents=True, exist_ok=True)
    result = {"proof": "kill -9 of service and database", "commit": commit.stdout.strip(), **result}
    (folder / "kill.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
