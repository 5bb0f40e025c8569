"""While the database is away people are told all the same, once, and the journal learns of it afterwards."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from receivers import Receiver

from alerts.journal import Transition
from alerts.look import Circumstances
from alerts.silence import Silence
from ingest.batch import Batch
from telemetry.jobs.alerts import Alerter
from telemetry.jobs.desks import InDatabase, OnDisk
from telemetry.jobs.sending import Sender
from telemetry.settings.current import Current
from telemetry.settings.plan import load_plan
from telemetry.storage import alert_rules, deliveries, silences
from telemetry.storage.deliveries import Listing
from telemetry.storage.errors import StorageUnavailable
from telemetry.storage.outbox import Outbox
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

START = 1_782_086_400
SITE = """
code: plant
name: {en: Plant, zh: 工厂}
zone: Asia/Shanghai
region: CN-GD
areas: [{code: park, kind: park, name: {en: Park, zh: 园区}}]
sources:
  - {kind: modbus, code: gate, host: 127.0.0.1, port: 1, poll_s: 5}
  - {kind: modbus, code: other, host: 127.0.0.1, port: 2, poll_s: 5}
  - {kind: push, code: push}
meters:
  - {code: m1, name: {en: One, zh: 一}, area: park, source: gate, device: eastron-sdm630, address: 1}
  - {code: m2, name: {en: Two, zh: 二}, area: park, source: other, device: eastron-sdm630, address: 1}
  - {code: m3, name: {en: Three, zh: 三}, area: park, source: push}
"""
OFF = ("clock-ahead", "counter-reset", "messages-lost", "meter-silent", "spool-filling")
DOWN = "{kind: source_down, code: source-down, name: {en: Down, zh: 断}, severity: critical}"
VARIABLES = {"PARKWATT_HOOK": "a secret of the test"}


class Night:
    """A park whose only clock is the test's, and a database that goes and comes."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        receiver: Receiver,
        patch: pytest.MonkeyPatch,
        batch: Callable[..., Batch],
    ) -> None:
        self.database, self.folder, self.receiver, self._patch = database, folder, receiver, patch
        self._batch, self._gone = batch, False
        self.now = float(START)
        self.down: set[str] = set()
        self.heard: dict[str, int] = {}
        self._write("sites/plant.yaml", SITE)
        self._write("alerts/down.yaml", DOWN)
        for code in OFF:
            self._write(
                f"alerts/{code}.yaml", f"{{kind: stale, code: {code}, name: {{en: x, zh: x}}, active: false}}"
            )
        self.route()
        plan = self.current.plan
        assert plan.site is not None
        apply_site(database, plan.site, datetime.fromtimestamp(START, UTC))
        self.outbox = Outbox.open(folder / "outbox")
        self.alerter = self._alerter()

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def route(self, **changes: Any) -> None:
        hook = {"kind": "webhook", "url": self.receiver.url, "secret_variable": "PARKWATT_HOOK"}
        people = [
            {"code": code, "name": {"en": code, "zh": code}, "language": "en", "channels": [hook]}
            | (changes.get("quiet", {}) if code == "duty" else {})
            for code in ("duty", "chief")
        ]
        route = {"code": "all", "contacts": ["duty"], **{k: v for k, v in changes.items() if k != "quiet"}}
        self._write("contacts.yaml", yaml.safe_dump({"contacts": people, "routes": [route]}))
        plan = load_plan(self.folder)
        if hasattr(self, "current"):
            self.current.adopt(plan)
        else:
            self.current = Current(plan)

    def _alerter(self) -> Alerter:
        return Alerter(
            self.database,
            self.current,
            lambda: Circumstances(failing_sources=frozenset(self.down)),
            lambda: self.now,
            outbox=self.outbox,
            heard=lambda: self.heard,
            lease_s=600.0,
        )

    def killed(self) -> None:
        """Its like is started anew, with what the disk holds."""
        self.outbox.close()
        self.outbox = Outbox.open(self.folder / "outbox")
        self.alerter = self._alerter()

    def away(self) -> None:
        def fails() -> None:
            raise StorageUnavailable("away")

        self._gone = True
        self._patch.setattr(self.database, "_connected", fails)

    def back(self) -> None:
        """Longer after than a lease goes."""
        self._gone = False
        self._patch.undo()
        with self.database.connection() as tx:
            tx.execute("update alert_evaluation set leased_until = now() - interval '1 second'")

    def pass_(self, second: float, *down: str) -> None:
        """Judge then, and send what is due."""
        self.now, self.down = START + second, set(down)
        answering = [meter for meter, source in (("m1", "gate"), ("m2", "other")) if source not in down]
        self.heard = dict.fromkeys(answering, int(self.now * 1e6))
        if not self._gone and answering:
            rows = [(meter, START + int(second), {"active_power": 1.0}) for meter in answering]
            with closing(Writer.open(self.database, lambda: self.now)) as writer:
                writer.write([self._batch(*rows)])
        self.alerter._attempt()
        for desk in (InDatabase(self.database, self.outbox), OnDisk(self.outbox, self.database)):
            asyncio.run(self._send(desk))

    async def _send(self, desk: InDatabase | OnDisk) -> None:
        sender = Sender(desk, self.current, VARIABLES, lambda: self.now)
        try:
            while await sender.step():
                pass
        except StorageUnavailable:
            pass

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(body["alert"]["subject"], body["alert"]["what"]) for body in self.receiver.bodies]

    def kept(self) -> list[tuple[str, str, int]]:
        with self.database.connection() as conn:
            rows = conn.execute("select what, subject, at from alert_transition order by number").fetchall()
        return [(what, subject, round(at.timestamp()) - START) for what, subject, at in rows]

    def log(self) -> list[tuple[str, str, str, int | None]]:
        with self.database.connection() as tx:
            rows = deliveries.listed(tx, Listing())[::-1]
        return [
            (row.contact, row.what, row.state, row.sent_at and round(row.sent_at.timestamp()) - START)
            for row in rows
        ]


@pytest.fixture
def night(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: Callable[..., Batch]
) -> Iterator[Night]:
    with closing(Receiver()) as receiver:
        made = Night(database, tmp_path, receiver, monkeypatch, batch)
        made.pass_(0)
        yield made
        made.outbox.close()


def test_a_dead_source_is_told_of_at_once_and_once(night: Night) -> None:
    night.away()
    night.pass_(10, "gate")
    assert night.told == [("gate", "fired")]
    night.pass_(20, "gate")
    night.back()
    for second in (30, 40):
        night.pass_(second, "gate")
    night.pass_(50)
    assert night.told == [("gate", "fired"), ("gate", "resolved")]
    assert night.kept() == [("fired", "gate", 10), ("resolved", "gate", 50)]
    assert night.log() == [("duty", "fired", "sent", 10), ("duty", "resolved", "sent", 50)]


def test_what_cannot_be_known_is_said(night: Night) -> None:
    night.away()
    night.pass_(10, "gate")
    (told,) = night.receiver.bodies
    assert "The database has not answered since 2026-06-22 08:00:00. Until it does, no alert" in told["text"]
    night.back()
    night.pass_(20)
    assert "has not answered" not in night.receiver.bodies[1]["text"]


def test_a_database_that_is_away_for_a_minute_is_an_alert_itself(night: Night) -> None:
    night.away()
    for second in (15, 60, 74, 80):
        night.pass_(second)
    night.back()
    night.pass_(90)
    assert night.told == [("park", "fired"), ("park", "resolved")]
    assert night.receiver.bodies[0]["alert"]["rule"] == "database-away"
    assert night.receiver.bodies[0]["alert"]["value"] == 80
    assert night.kept() == [("fired", "park", 80), ("resolved", "park", 90)]


def test_since_when_it_has_been_away_is_known_after_a_restart(night: Night) -> None:
    night.away()
    night.pass_(5)
    night.killed()
    for second in (100, 170):
        night.pass_(second)
    (told,) = night.receiver.bodies
    assert told["alert"]["value"] == 170
    assert "since 2026-06-22 08:00:00" in told["text"]


def test_a_source_that_answers_is_not_taken_for_silent_because_nothing_is_stored(night: Night) -> None:
    for second in range(10, 60, 10):
        night.pass_(second)
    night.away()
    for second in range(60, 60 + 3600, 60):
        night.pass_(second)
    assert [subject for subject, _ in night.told] == ["park"]


def test_nothing_is_taken_for_silent_because_the_database_was_away(night: Night) -> None:
    night.pass_(10)
    night.away()
    night.pass_(20)
    night.back()
    night.now = START + 3600.0
    for _ in range(2):
        night.alerter._attempt()
    assert night.kept() == []


def test_the_whole_of_it_may_happen_while_the_database_is_away(night: Night) -> None:
    night.away()
    night.pass_(10, "gate")
    night.pass_(20)
    assert night.told == [("gate", "fired"), ("gate", "resolved")]
    night.back()
    night.pass_(30)
    assert night.kept() == [("fired", "gate", 10), ("resolved", "gate", 20)]
    assert len(night.told) == 2


def test_the_end_of_what_was_told_before_is_told_without_the_database(night: Night) -> None:
    night.pass_(10, "gate")
    night.pass_(14, "gate")
    night.away()
    night.pass_(20)
    assert night.told == [("gate", "fired"), ("gate", "resolved")]
    night.back()
    night.pass_(30)
    assert night.kept() == [("fired", "gate", 10), ("resolved", "gate", 20)]
    assert len(night.told) == 2


@pytest.mark.parametrize("gone_before", [True, False])
def test_a_process_that_is_killed_meanwhile_goes_on(night: Night, gone_before: bool) -> None:
    if gone_before:
        night.pass_(10, "gate")
        night.pass_(14, "gate")
    night.away()
    night.pass_(20, "gate")
    night.killed()
    night.pass_(30, "gate", "other")
    night.killed()
    night.pass_(40, "gate", "other")
    night.pass_(50, "other")
    assert night.told == [("gate", "fired"), ("other", "fired"), ("gate", "resolved")]
    night.back()
    for second in (60, 70):
        night.pass_(second, "other")
    night.pass_(80)
    assert night.told[3:] == [("other", "resolved")]
    first = 10 if gone_before else 20
    assert night.kept() == [
        ("fired", "gate", first),
        ("fired", "other", 30),
        ("resolved", "gate", 50),
        ("resolved", "other", 80),
    ]


def test_a_process_that_is_killed_as_soon_as_the_journal_has_everything_repeats_nothing(night: Night) -> None:
    night.away()
    night.pass_(10, "gate")
    night.back()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(night.alerter._meanwhile, "note", lambda *_: None)
        night.pass_(20, "gate")
    night.away()
    night.killed()
    night.pass_(30, "gate")
    night.pass_(40)
    assert night.told == [("gate", "fired"), ("gate", "resolved")]


def test_silences_and_rules_of_people_hold_as_they_were_known_last(night: Night) -> None:
    rule = {**yaml.safe_load(DOWN), "code": "own", "name": {"en": "Own", "zh": "自"}}
    quiet = Silence(START * 10**6, (START + 3600) * 10**6, rules=("source-down",))
    moment = datetime.fromtimestamp(START, UTC)
    with night.database.connection() as tx:
        alert_rules.put(tx, "own", rule, "li.na", "x", owner=None, now=moment)
        silences.put(tx, quiet, "li.na", "x", moment, owner=None)
    night.pass_(5)
    night.away()
    night.killed()
    night.pass_(10, "gate")
    assert [body["alert"]["rule"] for body in night.receiver.bodies] == ["own"]
    night.back()
    night.pass_(20, "gate")
    with night.database.connection() as tx:
        found = tx.execute("select rule, quiet from alert_transition order by number").fetchall()
    assert sorted(found) == [("own", ""), ("source-down", "silence")]


def test_quiet_hours_and_the_wait_hold_too(night: Night) -> None:
    night.route(quiet={"quiet": {"from": "08:00", "to": "09:00", "passes": None}})
    night.away()
    night.pass_(10, "gate")
    assert night.told == []
    night.pass_(3600, "gate")
    assert night.told == [("gate", "fired")]


def test_an_escalation_that_was_on_its_way_goes_on_and_says_that_nobody_could_acknowledge(
    night: Night,
) -> None:
    night.route(escalation=[{"after": "30 s", "contacts": ["chief"]}])
    night.pass_(10, "gate")
    night.pass_(14, "gate")
    night.away()
    night.pass_(30, "gate")
    assert len(night.told) == 1
    night.pass_(45, "gate")
    text = night.receiver.bodies[1]["text"]
    assert text.startswith("Nobody has acknowledged it so far")
    assert "nobody's acknowledgement" in text
    night.back()
    night.pass_(50, "gate")
    assert night.log() == [("duty", "fired", "sent", 10), ("chief", "fired", "sent", 45)]
    assert len(night.told) == 2


def test_a_receiver_that_refuses_is_asked_again_and_again_once_the_database_is_back(night: Night) -> None:
    night.away()
    night.receiver.answers += [500, 500]
    night.pass_(10, "gate")
    night.pass_(15, "gate")
    night.back()
    night.pass_(20, "gate")
    assert night.log() == [("duty", "fired", "waiting", None)]
    night.pass_(25, "gate")
    assert night.log() == [("duty", "fired", "sent", 25)]
    assert len({headers["Idempotency-Key"] for headers, _ in night.receiver.requests}) == 1


def test_what_is_being_sent_as_the_database_comes_back_is_noted_there(night: Night) -> None:
    night.away()
    night.now, night.down = START + 10.0, {"gate"}
    night.alerter._attempt()
    sender = Sender(OnDisk(night.outbox, night.database), night.current, VARIABLES, lambda: night.now)
    bundle = asyncio.run(sender.take())
    assert bundle is not None
    night.back()
    night.alerter._attempt()
    assert not night.outbox.pending
    asyncio.run(sender.deliver(bundle))
    assert night.log() == [("duty", "fired", "sent", 10)]


def test_a_database_that_takes_a_question_and_never_answers_is_away(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is answered in the end, and nothing is told again."""
    asked, thawed = threading.Event(), threading.Event()
    connected, stand_in = night.database._connected, night.alerter._stand_in

    def frozen() -> object:
        night.now = START + 15.0
        asked.set()
        thawed.wait(180)
        return connected()

    def once_asked() -> bool:
        return asked.wait(180) and stand_in()

    async def passed() -> None:
        running = asyncio.create_task(night.alerter.run())
        while not night.outbox.changes:  # noqa: ASYNC110  # another thread puts them
            await asyncio.sleep(0.05)
        await night._send(OnDisk(night.outbox, night.database))
        assert night.told == [("gate", "fired")]
        thawed.set()
        while night.outbox.pending or not night.alerter.health():  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.05)
        await asyncio.sleep(1.0)
        running.cancel()
        await asyncio.wait({running})

    night.pass_(5)
    monkeypatch.setattr("telemetry.jobs.alerts._PATIENCE_S", 1.0)
    monkeypatch.setattr(night.database, "_connected", frozen)
    monkeypatch.setattr(night.alerter, "_stand_in", once_asked)
    night.now, night.down = START + 10.0, {"gate"}
    asyncio.run(asyncio.wait_for(passed(), 180))
    assert night.kept() == [("fired", "gate", 15)]
    night.back()
    night.pass_(20, "gate")
    assert night.told == [("gate", "fired")]


def test_what_the_journal_takes_and_does_not_answer_is_told_once_under_its_key(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, thawed = threading.Event(), threading.Event()
    keep, stand_in = night.alerter._journal.keep, night.alerter._stand_in

    def unanswered(holder: str, transitions: Sequence[Transition], evaluated_us: int) -> None:
        keep(holder, transitions, evaluated_us)
        night.now = START + 15.0
        asked.set()
        thawed.wait(180)

    def once_asked() -> bool:
        return asked.wait(180) and stand_in()

    async def passed() -> None:
        running = asyncio.create_task(night.alerter.run())
        while not night.outbox.changes:  # noqa: ASYNC110  # another thread puts them
            await asyncio.sleep(0.05)
        await night._send(OnDisk(night.outbox, night.database))
        thawed.set()
        while night.outbox.pending:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.wait({running})

    night.pass_(5)
    monkeypatch.setattr("telemetry.jobs.alerts._PATIENCE_S", 1.0)
    monkeypatch.setattr(night.alerter._journal, "keep", unanswered)
    monkeypatch.setattr(night.alerter, "_stand_in", once_asked)
    night.now, night.down = START + 10.0, {"gate"}
    asyncio.run(asyncio.wait_for(passed(), 180))
    assert night.kept() == [("fired", "gate", 10)]
    night.back()
    night.pass_(20, "gate")
    assert night.told == [("gate", "fired")]


def test_a_database_that_answers_slowly_is_not_away(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands until its next question: no machine is too slow."""
    connected, stood_in = night.database._connected, []
    begun, looked = time.monotonic(), threading.Event()
    second = begun

    def slow() -> object:
        nonlocal second
        second += 0.04
        looked.clear()
        looked.wait(60)
        return connected()

    def watching() -> float:
        looked.set()
        return second

    async def passed() -> None:
        await asyncio.wait_for(night.alerter._attempted(), 120)

    night.pass_(5)
    monkeypatch.setattr("telemetry.jobs.alerts._PATIENCE_S", 0.05)
    monkeypatch.setattr("telemetry.jobs.alerts._STANDING_IN_S", 0.01)
    monkeypatch.setattr("telemetry.jobs.alerts.time", SimpleNamespace(monotonic=watching))
    monkeypatch.setattr("telemetry.storage.pool.time", SimpleNamespace(monotonic=lambda: second))
    monkeypatch.setattr(night.database, "_connected", slow)
    monkeypatch.setattr(night.alerter, "_stand_in", lambda: stood_in.append(night.now))
    night.now, night.down = START + 10.0, {"gate"}
    asyncio.run(passed())
    monkeypatch.undo()
    assert second > begun + 0.1
    assert night.kept() == [("fired", "gate", 10)]
    assert not stood_in


def test_another_process_that_judges_by_now_gets_no_alert_that_never_ends(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.away()
    night.pass_(10, "gate")
    night.back()
    with night.database.connection() as tx:
        tx.execute(
            "update alert_evaluation set holder = 'another', leased_until = now() + interval '10 minutes'"
        )
    night.alerter._journal._renewed = -1e9
    night.pass_(20, "gate")
    assert night.kept() == []
    monkeypatch.setattr(night.alerter, "_lease_s", 0.0)
    night.pass_(30, "gate")
    assert night.kept() == [("fired", "gate", 10), ("resolved", "gate", 30)]
    assert not night.outbox.pending


def test_where_the_disk_takes_nothing_the_journal_learns_of_it_later(
    night: Night,
) -> None:
    night.outbox._most = 0
    night.away()
    night.pass_(10, "gate")
    night.back()
    night.pass_(20, "gate")
    assert night.kept() == [("fired", "gate", 10)]
    assert night.told == [("gate", "fired")]


def test_no_secret_is_on_the_disk(night: Night) -> None:
    night.away()
    night.receiver.answers.append(500)
    night.pass_(10, "gate")
    data = b"".join(path.read_bytes() for path in (night.folder / "outbox").iterdir())
    assert b"gate" in data
    assert VARIABLES["PARKWATT_HOOK"].encode() not in data


def test_a_fault_while_the_database_is_away_does_not_end_the_service(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty() -> Circumstances:
        raise RuntimeError("dictionary changed size during iteration")

    night.away()
    with monkeypatch.context() as patch:
        patch.setattr(night.alerter, "_beside", faulty)
        assert not night.alerter._attempt()
        assert not night.alerter._stand_in()
    night.pass_(10, "gate")
    assert night.told == [("gate", "fired")]
