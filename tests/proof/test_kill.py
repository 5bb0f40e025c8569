"""What ParkWatt acknowledged is there, exactly once, whatever was killed meanwhile."""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from broker import Broker, Witness
from load import METERS, START, Device, Poster, Publisher, payload
from service import Service

ROOT = Path(__file__).parents[2]
SEED = 20261122
TARGETS = ("service", "database", "broker")
SITE = """
code: proof
name: {{en: Proof, zh: 证明}}
zone: Asia/Shanghai
region: CN-GD
areas: [{{code: park, kind: park, name: {{en: Park, zh: 园区}}}}]
sources:
  - {{kind: push, code: push}}
  - {{kind: mqtt, code: messages, url: "mqtt://127.0.0.1:{mqtt}", topic: "proof/{{meter}}/state"}}
  - {{kind: modbus, code: line, host: 127.0.0.1, port: {modbus}, poll_s: 0.2}}
meters:
  - {{code: a, name: {{en: a, zh: a}}, area: park, source: push}}
  - {{code: b, name: {{en: b, zh: b}}, area: park, source: push}}
  - {{code: c, name: {{en: c, zh: c}}, area: park, source: push}}
  - {{code: d, name: {{en: d, zh: d}}, area: park, source: messages, device: proof-json}}
  - {{code: e, name: {{en: e, zh: e}}, area: park, source: line, device: proof-registers, address: 1}}
"""
JSON = """
code: proof-json
name: {en: Proof, zh: 证明}
protocol: mqtt
source: a test
time: {path: t, form: epoch_s}
values: [{path: v, quantity: energy_import, unit: kWh}]
"""
REGISTERS = """
code: proof-registers
name: {en: Proof, zh: 证明}
protocol: modbus
source: a test
registers: [{quantity: energy_import, unit: kWh, address: 0, type: uint32}]
"""


@dataclass
class Park:
    """Everything that runs."""

    service: Service
    broker: Broker
    witness: Witness
    poster: Poster
    publisher: Publisher
    device: Device
    kills: Counter[str] = field(default_factory=Counter)

    def kill(self, target: str) -> None:
        """Returns once readings are acknowledged again."""
        self.kills[target] += 1
        if target == "service":
            self.service.kill()
            self.service.start()
        elif target == "broker":
            self.broker.kill()
            self.broker.start()
        else:
            self._kill_database()
        self.service.await_ready()
        before = self.poster.acknowledged
        until(lambda: self.poster.acknowledged > before, "rows were acknowledged")

    def _kill_database(self) -> None:
        """As often as it comes back, until rows are acknowledged without it."""
        until(self.service.kill_database, "the database ran")
        before = self.poster.spooled

        def spooled() -> bool:
            self.kills["database"] += self.poster.spooled == before and self.service.kill_database()
            return self.poster.spooled > before

        until(spooled, "rows were spooled")


@pytest.fixture
def park(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Park]:
    if Broker.program is None:
        pytest.skip("Mosquitto is not installed")
    with ExitStack() as parts:
        device = parts.enter_context(closing(Device()))
        broker = parts.enter_context(closing(Broker(tmp_path, free_port())))
        broker.start()
        witness = parts.enter_context(closing(Witness(broker.port)))
        config = tmp_path / "config"
        for name, text in {
            "sites/proof": SITE.format(mqtt=witness.port, modbus=device.port),
            "devices/proof-json": JSON,
            "devices/proof-registers": REGISTERS,
        }.items():
            (config / name).parent.mkdir(parents=True, exist_ok=True)
            (config / f"{name}.yaml").write_text(text, encoding="utf-8")
        service = Service(tmp_path, free_port(), {"PARKWATT_CONFIG_DIR": str(config)})
        parts.enter_context(closing(service))
        service.start()
        service.await_ready()
        publisher = parts.enter_context(closing(Publisher(broker.port)))
        yield Park(service, broker, witness, Poster(service.url), publisher, device)


def kill_at_random(park: Park, choice: random.Random, kills: int) -> None:
    targets = [TARGETS[n % len(TARGETS)] for n in range(kills)]
    choice.shuffle(targets)
    for target in targets:
        time.sleep(choice.uniform(0.3, 1.5))
        park.kill(target)


def standing(service: Service, meter: str, lo: datetime, hi: datetime, page_s: int = 9000) -> list[float]:
    """Values of the meter as the API reads them back, in order of time."""
    values: list[float] = []
    while lo < hi:
        until = min(lo + timedelta(seconds=page_s), hi)
        query = {
            "meter": meter,
            "from": lo.isoformat(),
            "to": until.isoformat(),
            "step": "raw",
            "limit": "10000",
        }
        answer = (
            httpx.get(f"{service.url}/api/v1/readings", params=query, timeout=60).raise_for_status().json()
        )
        assert not answer["more"]
        values += answer["quantities"].get("energy_import", {"values": []})["values"]
        lo = until
    return values


def numbered(service: Service, meter: str, count: int) -> list[float]:
    return standing(service, meter, START, START + timedelta(seconds=count))


def until(condition: Callable[[], bool], what: str, patience_s: float = 120) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} within {patience_s:g} s"
        time.sleep(0.2)


def spool_is_empty(service: Service) -> bool:
    lines = httpx.get(f"{service.url}/metrics", timeout=30).text.splitlines()
    return "parkwatt_spool_rows 0.0" in lines


def published_again(park: Park) -> int:
    """How many messages the broker had acknowledged and lost; they are published again."""
    marker = park.publisher.published
    park.publisher.publish([marker])
    park.publisher.flush()
    at = START + timedelta(seconds=marker)
    until(
        lambda: bool(standing(park.service, "d", at, at + timedelta(seconds=1))),
        "the last message was stored",
    )
    until(lambda: spool_is_empty(park.service), "the spool was empty")
    stored = numbered(park.service, "d", marker)
    assert len(set(stored)) == len(stored)
    acknowledged = {n for n in range(marker) if payload(n) in park.witness.acknowledged}
    assert acknowledged <= set(stored)
    missing = sorted(set(range(marker)) - set(stored))
    park.publisher.publish(missing)
    park.publisher.flush()
    whole = [float(n) for n in range(marker)]
    until(lambda: numbered(park.service, "d", marker) == whole, "what was published again was stored")
    return len(missing)


def prove(park: Park, kills: int) -> dict[str, object]:
    began = datetime.now(UTC)
    choice = random.Random(SEED)  # noqa: S311  # a repeatable order of kills
    park.poster.start()
    park.publisher.start()
    kill_at_random(park, choice, kills)
    park.poster.end()
    park.publisher.end()
    lost_by_broker = published_again(park)
    posted = 10 * park.poster.acknowledged
    for meter in METERS:
        assert numbered(park.service, meter, posted) == [float(n) for n in range(posted)]
    polled = standing(park.service, "e", began, datetime.now(UTC) + timedelta(seconds=9), page_s=600)
    assert polled == sorted(set(polled))
    assert 0 < len(polled) <= park.device.served
    assert set(polled) <= set(range(1, park.device.served + 1))
    return {
        "seed": SEED,
        "kills": dict(park.kills),
        "posted_rows_acknowledged": posted * len(METERS),
        "of_these_through_the_spool": park.poster.spooled,
        "posts_sent_again": park.poster.resent,
        "messages_acknowledged": len(park.witness.acknowledged),
        "messages_lost_by_the_broker_and_published_again": lost_by_broker,
        "polled_rows": len(polled),
        "polls_answered": park.device.served,
        "lost": 0,
        "doubled": 0,
    }


@pytest.mark.database
@pytest.mark.broker
def test_nothing_acknowledged_is_lost_by_ten_kills(park: Park) -> None:
    result = prove(park, 10)
    assert result["of_these_through_the_spool"]
    assert result["messages_acknowledged"]
    assert park.service.stop() == 128 + signal.SIGINT
    assert "some are given up" not in park.service.log()


@pytest.mark.database
@pytest.mark.broker
@pytest.mark.long
def test_nothing_acknowledged_is_lost_by_many_kills(park: Park) -> None:
    result = prove(park, int(os.environ.get("PARKWATT_PROOF_KILLS", "200")))
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    folder = Path(os.environ.get("PARKWATT_PROOF_DIR", "docs/proof"))
    folder.mkdir(parents=True, exist_ok=True)
    head = {"proof": "kill -9 of service, database and broker under load", "commit": commit.stdout.strip()}
    (folder / "kill.json").write_text(json.dumps(head | result, indent=2) + "\n", encoding="utf-8")
