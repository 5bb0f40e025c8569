"""Who is killed between a change of an alert and its message loses none, and none comes under two keys."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from receivers import Receiver

from telemetry.storage import deliveries
from telemetry.storage.deliveries import Delivery, Listing
from telemetry.storage.pool import Database

ROOT = Path(__file__).parents[2]
WORKER = """
import asyncio, json, os, signal, sys, time
from alerts.contacts import Directory
from alerts.errors import LeaseLost
from alerts.journal import Subject, Transition, What
from alerts.notify.webhook import Channel
from alerts.rule import Severity
from alerts.verdict import Kind
from telemetry.jobs.desks import InDatabase
from telemetry.jobs.sending import Sender
from telemetry.jobs.telling import Teller
from telemetry.model import Site
from telemetry.settings.current import Current
from telemetry.settings.library import load_library
from telemetry.settings.plan import Plan
from telemetry.storage import deliveries
from telemetry.storage.alerts import StoredJournal
from telemetry.storage.pool import Database

where, url, files, first, count = sys.argv[1:]
site, directory = (kind.model_validate(each) for kind, each in zip((Site, Directory), json.loads(files)))
current = Current(Plan(site, None, load_library(None, []), directory=directory))
database = Database.open(url)
teller = Teller(current)

def die(here):
    if where == here:
        os.kill(os.getpid(), signal.SIGKILL)

def tell(tx, changes):
    teller.tell(tx, changes)
    die("within the change")

def changes():
    for n in range(int(first), int(first) + int(count)):
        at = 1_782_086_400_000_000 + n
        meter = Subject(Kind.METER, f"m{n}")
        yield Transition("high", meter, What.FIRED, at, at, at, Severity.WARNING, 1, 412.0, 400.0, "kW")

journal, holder = StoredJournal(database, tell, 0.5), f"worker {os.getpid()}"
while True:
    try:
        if journal.lease(holder):
            journal.keep(holder, list(changes()), 1_782_086_400_000_000)
            break
    except LeaseLost:
        pass
    time.sleep(0.05)
die("after the change")

send, sent = Channel.send, deliveries.sent

async def send_and_die(self, message, variables):
    die("before the message")
    await send(self, message, variables)
    die("after the message")

def sent_and_die(tx, key, now):
    sent(tx, key, now)
    die("within the record")

Channel.send, deliveries.sent = send_and_die, sent_and_die
sender = Sender(InDatabase(database), current, {"PARKWATT_HOOK": "a secret of the test"}, lease_s=1.0)
print("sending", flush=True)
asyncio.run(sender.run())
"""
POINTS = (
    "within the change",
    "after the change",
    "before the message",
    "after the message",
    "within the record",
    "any time",
)
AT_A_TIME = 5


class Proof:
    """One process after the other keeps changes and sends; the receiver outlives them all."""

    def __init__(self, url: str, database: Database, receiver: Receiver, log: Path) -> None:
        self.url, self.database, self.receiver = url, database, receiver
        self.kills: Counter[str] = Counter()
        self.kept = 0
        self.again = self.outside = 0
        """Messages that came once more, and those of them whose first was on record as sent."""
        self._log = log.open("ab")
        hook = {"kind": "webhook", "url": receiver.url, "secret_variable": "PARKWATT_HOOK"}
        directory = {
            "contacts": [{"code": "duty", "name": {"en": "d", "zh": "d"}, "channels": [hook]}],
            "routes": [{"code": "all", "contacts": ["duty"]}],
        }
        site = {
            "code": "plant",
            "name": {"en": "Plant", "zh": "工厂"},
            "zone": "Asia/Shanghai",
            "region": "CN-GD",
            "areas": [{"code": "park", "kind": "park", "name": {"en": "Park", "zh": "园区"}}],
            "sources": [],
            "meters": [],
        }
        self._files = json.dumps([site, directory])

    def kill(self, where: str) -> None:
        """Keep further changes, and die there; then what the dead process began is kept again by the next."""
        self.kills[where] += 1
        with self._noted():
            worker = self._start(where, self.kept)
            if where == "any time":
                before = len(self.receiver.requests)
                until(lambda: len(self.receiver.requests) > before, "a message came")
                worker.kill()
            ended = worker.wait(120)
            assert ended == -signal.SIGKILL, Path(self._log.name).read_text(encoding="utf-8")
        if where != "within the change":
            self.kept += AT_A_TIME

    def finish(self) -> None:
        """Let everything be sent."""
        with self._noted():
            worker = self._start("nowhere", self.kept)
            self.kept += AT_A_TIME
            try:
                until(lambda: self.states() == {"sent": self.kept}, "everything was sent")
            finally:
                worker.terminate()
                worker.wait(60)

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Which messages came again meanwhile, and which of them though they were on record as sent."""
        began, on_record = (
            len(self.receiver.requests),
            {row.key for row in self.rows() if row.state == "sent"},
        )
        yield
        self.receiver.settle()
        keys = [headers["Idempotency-Key"] for headers, _ in self.receiver.requests]
        since, earlier = keys[began:], set(keys[:began])
        repeated = len(since) - len(set(since))
        self.again += repeated + len(set(since) & earlier)
        self.outside += repeated + len(set(since) & on_record)

    def rows(self) -> list[Delivery]:
        with self.database.connection() as tx:
            return deliveries.listed(tx, Listing(limit=100_000))

    def states(self) -> dict[str, int]:
        return dict(Counter(row.state for row in self.rows()))

    def close(self) -> None:
        self._log.close()

    def _start(self, where: str, first: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", WORKER, where, self.url, self._files, str(first), str(AT_A_TIME)]
        return subprocess.Popen(command, stdout=self._log, stderr=self._log)


def until(condition: Any, what: str, patience_s: float = 180) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} within {patience_s:g} s"
        time.sleep(0.02)


@pytest.fixture
def proof(migrated_url: str, database: Database, tmp_path: Path) -> Iterator[Proof]:
    with (
        closing(Receiver()) as receiver,
        closing(Proof(migrated_url, database, receiver, tmp_path / "log")) as made,
    ):
        yield made


def prove(proof: Proof, kills: int) -> dict[str, object]:
    for number in range(kills):
        proof.kill(POINTS[number % len(POINTS)])
    proof.finish()
    came = Counter(headers["Idempotency-Key"] for headers, _ in proof.receiver.requests)
    lost = {row.key for row in proof.rows()} - set(came)
    assert lost == set()
    assert proof.kept == len(came) == len({body["alert"]["id"] for body in proof.receiver.bodies})
    assert proof.again == sum(came.values()) - len(came)
    assert proof.again >= proof.kills["after the message"] + proof.kills["within the record"]
    assert proof.outside == 0
    return {
        "kills": dict(proof.kills),
        "changes_kept": proof.kept,
        "messages_lost": len(lost),
        "messages_that_came_again_under_the_same_key": proof.again,
        "of_these_outside_the_window_between_send_and_record": proof.outside,
    }


@pytest.mark.database
def test_ten_kills_lose_no_message(proof: Proof) -> None:
    assert prove(proof, 10)["messages_lost"] == 0


@pytest.mark.database
@pytest.mark.long
def test_many_kills_lose_no_message(proof: Proof) -> None:
    result = prove(proof, int(os.environ.get("PARKWATT_PROOF_ALERT_KILLS", "100")))
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    folder = Path(os.environ.get("PARKWATT_PROOF_DIR", "docs/proof"))
    folder.mkdir(parents=True, exist_ok=True)
    head = {"proof": "kill -9 between a change of an alert and its message", "commit": commit.stdout.strip()}
    (folder / "alert_kill.json").write_text(json.dumps(head | result, indent=2) + "\n", encoding="utf-8")
