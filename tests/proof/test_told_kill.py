"""Who is killed while the database is away, or as it comes back, loses no message and tells nothing anew."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from receivers import Receiver

from telemetry.settings.plan import load_plan
from telemetry.storage import deliveries
from telemetry.storage.carried import Known
from telemetry.storage.deliveries import Listing
from telemetry.storage.outbox import Outbox
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site

ROOT = Path(__file__).parents[2]
NOWHERE = "postgresql://127.0.0.1:1/nothing"
WORKER = """
import asyncio, os, signal, sys, time
from pathlib import Path
from alerts.look import Circumstances
from alerts.notify.webhook import Channel
from ingest.spool.segment import Segment
from telemetry.jobs.alerts import Alerter
from telemetry.jobs.desks import InDatabase, OnDisk
from telemetry.jobs.sending import Sender
from telemetry.settings.current import Current
from telemetry.settings.plan import load_plan
from telemetry.storage import deliveries
from telemetry.storage.errors import StorageError
from telemetry.storage.outbox import Outbox
from telemetry.storage.pool import Database

where, turn, url, folder, down = sys.argv[1:]
left = [int(turn)]

def die(here):
    if where == here:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

def around(of, name, before, after):
    plain = getattr(of, name)
    def call(*arguments, **named):
        die(before)
        found = plain(*arguments, **named)
        die(after)
        return found
    setattr(of, name, call)

around(Segment, "append", "before a record", "after a record")
around(deliveries, "take_over", "before the hand-over", "within the hand-over")
send = Channel.send

async def sent(self, message, variables):
    die("before a message")
    await send(self, message, variables)
    die("after a message")

Channel.send = sent
outbox, database = Outbox.open(Path(folder) / "outbox"), Database(url)
current = Current(load_plan(Path(folder)))
if "nothing" not in url:
    database.connect()
hand_over = Outbox.hand_over

def handed_over(self, put):
    def put_and_die(changes, rows):
        put(changes, rows)
        die("after the hand-over")
    hand_over(self, put_and_die)

Outbox.hand_over = handed_over
gone = frozenset(f"s{n}" for n in range(int(down)))
alerter = Alerter(database, current, lambda: Circumstances(failing_sources=gone), outbox=outbox, lease_s=0.3)
senders = [
    Sender(desk, current, {"PARKWATT_HOOK": "a secret of the test"})
    for desk in (InDatabase(database, outbox), OnDisk(outbox, database))
]

async def all_due():
    for sender in senders:
        try:
            while await sender.step():
                pass
        except StorageError:
            pass

for _ in range(4):
    alerter._attempt()
    asyncio.run(all_due())
    time.sleep(0.2)
"""
AWAY = ("before a record", "after a record", "before a message", "after a message")
BACK = ("before the hand-over", "within the hand-over", "after the hand-over")
AT_A_TIME = 3
MOST = 400


class Proof:
    """One process after the other; further sources die with each; receiver and database outlive them."""

    def __init__(self, folder: Path, url: str, receiver: Receiver) -> None:
        self.folder, self.url, self.receiver = folder, url, receiver
        self.kills: Counter[str] = Counter()
        self.down = 0
        hook = {"kind": "webhook", "url": receiver.url, "secret_variable": "PARKWATT_HOOK"}
        self._write(
            "contacts.yaml",
            {
                "contacts": [{"code": "duty", "name": {"en": "d", "zh": "d"}, "channels": [hook]}],
                "routes": [{"code": "all", "contacts": ["duty"], "rules": ["source-down"]}],
            },
        )
        rule = {"kind": "source_down", "code": "source-down", "name": {"en": "d", "zh": "d"}, "storm": 1000}
        self._write("alerts/down.yaml", rule)
        codes = range(MOST)
        meter = {"area": "park", "device": "eastron-sdm630", "address": 1}
        self._write(
            "sites/plant.yaml",
            {
                "code": "plant",
                "name": {"en": "Plant", "zh": "工厂"},
                "zone": "Asia/Shanghai",
                "region": "CN-GD",
                "areas": [{"code": "park", "kind": "park", "name": {"en": "Park", "zh": "园区"}}],
                "sources": [
                    {"kind": "modbus", "code": f"s{n}", "host": "127.0.0.1", "port": n + 1} for n in codes
                ],
                "meters": [
                    meter | {"code": f"m{n}", "name": {"en": "m", "zh": "m"}, "source": f"s{n}"}
                    for n in codes
                ],
            },
        )

    def _write(self, name: str, document: object) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")

    def run(self, where: str, turn: int, url: str) -> int:
        self.down = min(MOST, self.down + AT_A_TIME)
        command = [sys.executable, "-c", WORKER, where, str(turn), url, str(self.folder), str(self.down)]
        done = subprocess.run(command, check=False, capture_output=True, timeout=300)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr.decode()
        self.kills[where] += done.returncode == -signal.SIGKILL
        return done.returncode


def prove(proof: Proof, database: Database, kills: int) -> dict[str, object]:
    dice = random.Random(7)  # noqa: S311  # the same each time
    with closing(Outbox.open(proof.folder / "outbox")) as outbox:
        outbox.know(Known(rules=[], silences=(), open=[], told={}, waiting=[]))
    for number in range(kills):
        if number % 4 == 3:
            where = BACK[number // 4 % len(BACK)]
            assert proof.run(where, 1, proof.url) == -signal.SIGKILL
            continue
        where = AWAY[dice.randrange(len(AWAY))]
        most = 2 * AT_A_TIME if "record" in where else AT_A_TIME
        assert proof.run(where, 1 + dice.randrange(most), NOWHERE) == -signal.SIGKILL
    for _ in range(2):
        assert proof.run("nowhere", 1, proof.url) == 0
    with database.connection() as tx:
        rows = deliveries.listed(tx, Listing(limit=100_000))
        fired = tx.execute(
            "select subject, count(*) from alert where rule = 'source-down' group by 1"
        ).fetchall()
    proof.receiver.settle()
    came = Counter(headers["Idempotency-Key"] for headers, _ in proof.receiver.requests)
    assert sorted(fired) == sorted((f"s{n}", 1) for n in range(proof.down))
    assert {row.state for row in rows} == {"sent"}
    assert {row.key for row in rows} == set(came)
    again = sum(came.values()) - len(came)
    assert again <= proof.kills["after a message"] + proof.kills["before a record"]
    return {
        "kills": dict(proof.kills),
        "alerts": len(fired),
        "messages_lost": len({row.key for row in rows} - set(came)),
        "messages_that_came_again_under_the_same_key": again,
    }


@pytest.fixture
def proof(database: Database, migrated_url: str, tmp_path: Path) -> Iterator[Proof]:
    with closing(Receiver()) as receiver:
        made = Proof(tmp_path, migrated_url, receiver)
        plan = load_plan(tmp_path)
        assert plan.site is not None
        apply_site(database, plan.site, datetime.now(UTC))
        yield made


@pytest.mark.database
def test_ten_kills_while_the_database_is_away_lose_nothing(proof: Proof, database: Database) -> None:
    assert prove(proof, database, 10)["messages_lost"] == 0


@pytest.mark.database
@pytest.mark.long
def test_many_kills_while_the_database_is_away_lose_nothing(proof: Proof, database: Database) -> None:
    result = prove(proof, database, int(os.environ.get("PARKWATT_PROOF_ALERT_KILLS", "100")))
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    folder = Path(os.environ.get("PARKWATT_PROOF_DIR", "docs/proof"))
    folder.mkdir(parents=True, exist_ok=True)
    head = {
        "proof": "kill -9 while the database is away, and as it comes back",
        "commit": commit.stdout.strip(),
    }
    (folder / "told_kill.json").write_text(json.dumps(head | result, indent=2) + "\n", encoding="utf-8")
