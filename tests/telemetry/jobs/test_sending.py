"""Changes of alerts reach those whom the contacts name, once, whatever fails meanwhile."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import yaml
from receivers import Mailbox, Receiver, mail_taker

from alerts.journal import Quiet, Subject, Transition, What
from alerts.rule import Severity
from alerts.verdict import Kind
from ingest.batch import Batch
from telemetry.jobs.alerts import Alerter
from telemetry.jobs.desks import InDatabase
from telemetry.jobs.sending import Sender
from telemetry.jobs.telling import Teller
from telemetry.settings.contacts import load_directory
from telemetry.settings.current import Current
from telemetry.settings.mistakes import Mistake
from telemetry.settings.plan import Plan, load_plan
from telemetry.storage import alert_rules, deliveries
from telemetry.storage.deliveries import Delivery, Listing, Turn
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
billing: {tariff: demo-park}
areas:
  - {code: park, kind: park, name: {en: Park, zh: 园区}}
  - {code: hall, kind: enterprise, name: {en: Hall, zh: 厂房}, parent: park}
sources: [{kind: push, code: push}]
meters:
  - {code: m1, name: {en: One, zh: 一}, area: hall, source: push}
  - {code: m2, name: {en: Two, zh: 二}, area: park, source: push}
"""
RULE = """
kind: limit
code: high
name: {en: High, zh: 高}
quantity: active_power
above: 400 kW
"""
VARIABLES = {"PARKWATT_HOOK": "a secret of the test", "PARKWATT_CHAT": ""}


def contacts(receiver: Receiver, **changes: Any) -> dict[str, Any]:
    hook = {"kind": "webhook", "url": receiver.url, "secret_variable": "PARKWATT_HOOK"}
    chat = {"kind": "apprise", "url_variable": "PARKWATT_CHAT"}
    people = {"duty": [hook], "chief": [hook], "group": [chat]}
    return {
        "page": "https://park.example/",
        "contacts": [
            {"code": code, "name": {"en": code, "zh": code}, "language": "en", "channels": channels}
            for code, channels in people.items()
        ],
        "routes": [{"code": "r", "contacts": ["duty"], **changes}],
    }


class Post:
    """A park whose only clock is the test's, and its deliveries."""

    def __init__(self, database: Database, plan: Plan, folder: Path, receiver: Receiver) -> None:
        self.database, self.folder, self.receiver = database, folder, receiver
        self.current = Current(plan)
        self.variables = VARIABLES | {"PARKWATT_CHAT": f"json://{receiver.address}/"}
        self.now = float(START)
        self.route()

    def route(self, **changes: Any) -> None:
        self.adopt(contacts(self.receiver, **changes))

    def adopt(self, document: dict[str, Any]) -> None:
        (self.folder / "contacts.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        plan, mistakes = self.current.plan, list[Mistake]()
        directory = load_directory(self.folder, plan.site, plan.rules, mistakes)
        assert mistakes == []
        self.current.adopt(replace(plan, directory=directory))

    def sender(self, lease_s: float = 60.0) -> Sender:
        return Sender(
            InDatabase(self.database), self.current, self.variables, lambda: self.now, lease_s=lease_s
        )

    def tell(self, *changes: Transition) -> None:
        with self.database.connection() as tx:
            Teller(self.current).tell(tx, changes)

    def send(self, second: float = 0.0) -> int:
        """How many messages were due."""
        self.now = START + second

        async def all_due() -> int:
            sender, count = self.sender(), 0
            while await sender.step():
                count += 1
            return count

        return asyncio.run(all_due())

    def log(self, **asked: Any) -> list[Delivery]:
        """The oldest first."""
        with self.database.connection() as tx:
            return deliveries.listed(tx, Listing(**asked))[::-1]

    def states(self) -> list[tuple[str, str, str]]:
        return [(each.contact, each.what, each.state) for each in self.log()]


def change(what: What = What.FIRED, second: float = 0.0, subject: str = "m1", **rest: Any) -> Transition:
    moment = int((START + second) * 1e6)
    words = {"severity": Severity.WARNING, "stage": 1, "value": 412.0, "limit": 400.0, "unit": "kW", **rest}
    return Transition(
        "high", Subject(Kind.METER, subject), what, moment, START * 10**6, START * 10**6, **words
    )


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("config")
    for name, text in (("sites/plant.yaml", SITE), ("alerts/high.yaml", RULE)):
        (folder / name).parent.mkdir()
        (folder / name).write_text(text, encoding="utf-8")
    return load_plan(folder)


@pytest.fixture
def post(database: Database, plan: Plan, tmp_path: Path) -> Iterator[Post]:
    with closing(Receiver()) as receiver:
        yield Post(database, plan, tmp_path, receiver)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mail_server(mailbox: Mailbox, free_port: Callable[[], int]) -> Iterator[str]:
    with mail_taker(mailbox, free_port()) as url:
        yield url


def test_a_change_is_told_with_its_names_tariff_and_link(post: Post) -> None:
    post.tell(change())
    assert post.send() == 1
    (told,) = post.receiver.bodies
    assert told["subject"] == "[warning] High: One (m1) began, 412 kW, limit 400 kW"
    alert = told["alert"]
    assert alert["areas"] == ["hall", "park"]
    assert alert["band"]["zh"]
    assert alert["price"] > 0
    assert alert["figure"] == {"en": "Value", "zh": "数值"}
    assert alert["advice"] == {
        "en": "Check on site what this meter measures.",
        "zh": "请到现场核对该表所测的设备。",
    }
    assert alert["currency"] == "CNY"
    assert alert["link"] == "https://park.example/meters/m1"
    assert post.states() == [("duty", "fired", "sent")]
    assert post.send(1) == 0


def test_a_storm_is_a_number_of_alerts_and_no_value_of_its_rule(post: Post) -> None:
    storm = change(What.STORMED, unit="", value=25.0, limit=20.0)
    post.tell(replace(storm, subject=Subject(Kind.PARK, "park")))
    post.send()
    (told,) = post.receiver.bodies
    assert told["alert"]["figure"] is None
    assert told["subject"].endswith("alerts at once, 25, limit 20")


def test_a_rule_put_through_the_api_is_named_also_when_it_is_gone(post: Post) -> None:
    document = {**yaml.safe_load(RULE), "code": "put", "name": {"en": "Put there", "zh": "页面规则"}}
    for each in (document, None):
        with post.database.connection() as tx:
            alert_rules.put(tx, "put", each, "li.na", "a trial", owner=None, now=datetime.now(UTC))
        post.tell(replace(change(subject="m1" if each else "m2"), rule="put"))
    assert post.send() == 2
    assert [told["alert"]["rule_name"] for told in post.receiver.bodies] == [document["name"]] * 2


def test_the_same_change_twice_is_told_once(post: Post) -> None:
    post.tell(change(), change())
    post.tell(change())
    assert post.send() == 1
    post.tell(change())
    assert post.send(60) == 0


@pytest.mark.parametrize("changes", [{"quiet": Quiet.SOURCE}, {"what": What.COMMENTED}])
def test_what_is_quiet_is_told_to_nobody(post: Post, changes: Mapping[str, Any]) -> None:
    post.tell(change(**changes))
    assert post.log() == []


def test_the_end_is_told_to_those_who_know_of_the_beginning(post: Post) -> None:
    post.tell(change(What.RESOLVED, 5, subject="m2"))
    post.tell(change(), change(What.RESOLVED, 10, quiet=Quiet.GONE, severity=Severity.INFO))
    assert post.send(10) == 2
    assert [each["alert"]["what"] for each in post.receiver.bodies] == ["fired", "resolved"]


def test_what_is_watched_no_more_is_not_called_over(post: Post) -> None:
    teller = Teller(post.current)
    plan = post.current.plan
    assert plan.site is not None
    with post.database.connection() as tx:
        teller.tell(tx, [change()])
        left = plan.site.model_copy(update={"meters": plan.site.meters[1:]})
        post.current.adopt(replace(plan, site=left))
        teller.tell(tx, [change(What.RESOLVED, 10, quiet=Quiet.GONE, severity=Severity.INFO)])
    post.send(10)
    told = post.receiver.bodies[1]
    assert told["subject"] == "[info] High: One (m1) is no longer watched"
    assert "how things stand now is not known" in told["text"]
    assert told["alert"]["gone"]


def test_who_has_acknowledged_ends_the_escalation(post: Post) -> None:
    post.route(escalation=[{"after": "15 min", "contacts": ["chief"]}])
    post.tell(change(), change(subject="m2"))
    assert post.send(1) == 2
    with post.database.connection() as tx:
        deliveries.take_back(tx, [change().alert], "acknowledged by li.na", renewals=False)
    assert post.send(901) == 1
    told = [(each.contact, each.alert.split("/")[1], each.state, each.error) for each in post.log()]
    assert ("chief", "meter:m1", "cancelled", "acknowledged by li.na") in told
    assert ("chief", "meter:m2", "sent", "") in told
    first, *_, passed_on = [body["text"] for body in post.receiver.bodies]
    assert "acknowledged" not in first
    assert passed_on.startswith("Nobody has acknowledged it so far")


def test_an_alert_that_ends_is_escalated_to_nobody_and_its_end_told_to_those_who_heard(post: Post) -> None:
    post.route(escalation=[{"after": "15 min", "contacts": ["chief"]}])
    post.tell(change())
    post.send(1)
    post.tell(change(What.RESOLVED, 60))
    post.send(1000)
    assert post.states() == [
        ("duty", "fired", "sent"),
        ("chief", "fired", "cancelled"),
        ("duty", "resolved", "sent"),
    ]


def test_what_comes_within_the_wait_goes_in_one_message(post: Post) -> None:
    post.route(contacts=["group"], wait="30 s")
    post.tell(*(change(second=n / 10, subject=f"x{n}") for n in range(50)))
    assert post.send(29) == 0
    post.tell(change(second=29, subject="late"))
    assert post.send(30) == 1
    assert post.receiver.bodies[0]["title"] == "[warning] High: 51 alerts"
    assert {each.state for each in post.log()} == {"sent"}
    assert len({each.bundle for each in post.log()}) == 1


@pytest.mark.parametrize(
    ("group", "messages"),
    [
        ([], [["high m1", "high m2", "other m1", "other push"]]),
        (["rule"], [["high m1", "high m2"], ["other m1", "other push"]]),
        (["area"], [["high m1", "other m1"], ["high m2", "other push"]]),
        (["source"], [["high m1", "high m2", "other m1", "other push"]]),
        (["rule", "area"], [["high m1"], ["high m2"], ["other m1"], ["other push"]]),
    ],
)
def test_what_is_alike_goes_in_one_message(post: Post, group: list[str], messages: list[list[str]]) -> None:
    document = contacts(post.receiver, contacts=["group"], wait="10 s")
    document["contacts"][2]["group"] = group
    post.adopt(document)
    every = [change(), change(subject="m2"), replace(change(), rule="other")]
    post.tell(*every, replace(change(), rule="other", subject=Subject(Kind.SOURCE, "push")))
    assert post.send(10) == len(messages)
    bundles: dict[str | None, list[str]] = {}
    for each in post.log():
        bundles.setdefault(each.bundle, []).append(f"{each.notice['rule']} {each.notice['subject']}")
    assert list(bundles.values()) == messages


def test_a_receiver_that_fails_is_tried_again_later_and_later(post: Post) -> None:
    post.receiver.answers += [500, 503]
    post.tell(change())
    assert post.send() == 1
    assert post.log()[0].error == "the receiver answers 500"
    assert [post.send(second) for second in (4, 5, 14, 15, 16)] == [0, 1, 0, 1, 0]
    keys = {headers["Idempotency-Key"] for headers, _ in post.receiver.requests}
    assert keys == {post.log()[0].key}
    assert (post.log()[0].state, post.log()[0].attempts) == ("sent", 3)


def test_what_never_succeeds_becomes_a_dead_letter_and_can_be_tried_again(post: Post) -> None:
    post.receiver.answers += [500] * 12
    post.tell(change())
    second, sent = 0.0, 0
    while sent < 12:
        sent += post.send(second)
        second += 3600
    assert post.send(second + 90_000) == 0
    (dead,) = post.log(states=["dead"])
    with post.database.connection() as tx:
        assert deliveries.retry(tx, dead.id, datetime.fromtimestamp(post.now, UTC))
        assert not deliveries.retry(tx, dead.id, datetime.fromtimestamp(post.now, UTC))
    assert post.send(second + 90_001) == 1
    assert post.states() == [("duty", "fired", "sent")]


def test_a_refusal_is_a_dead_letter_at_once(post: Post) -> None:
    post.receiver.answers.append(410)
    post.tell(change())
    assert post.send() == 1
    assert (post.log()[0].state, post.log()[0].attempts) == ("dead", 1)


def test_a_contact_that_is_gone_is_a_dead_letter_that_says_so(post: Post) -> None:
    post.tell(change())
    post.adopt({"contacts": contacts(post.receiver)["contacts"][1:]})
    post.send()
    assert "of a contact duty any more" in post.log()[0].error


def test_the_end_never_overtakes_a_beginning_that_is_tried_again(post: Post) -> None:
    post.receiver.answers += [500]
    post.tell(change())
    post.send()
    post.tell(change(What.RESOLVED, 1))
    assert post.send(2) == 0
    assert post.send(5) == 2
    assert [each["alert"]["what"] for each in post.receiver.bodies] == ["fired", "fired", "resolved"]


def test_two_senders_send_nothing_twice(post: Post) -> None:
    post.tell(*(change(subject=f"x{n}") for n in range(40)))
    post.now = START

    async def drain(sender: Sender) -> None:
        while await sender.step():
            pass

    async def both() -> None:
        await asyncio.gather(*(drain(post.sender()) for _ in range(4)))

    asyncio.run(both())
    assert len(post.receiver.requests) == 40
    assert len({headers["Idempotency-Key"] for headers, _ in post.receiver.requests}) == 40


def test_a_lease_that_has_run_out_is_another_ones(post: Post) -> None:
    post.route(contacts=["group"], wait="0 s")
    post.tell(change(), change(subject="m2"))
    first = asyncio.run(post.sender().take())
    assert first is not None
    post.tell(change(subject="x"))
    assert post.send(1) == 1
    assert asyncio.run(post.sender().take()) is None
    post.now = START + 61
    again = asyncio.run(post.sender().take())
    assert again is not None
    assert (again.key, again.notices) == (first.key, first.notices)
    assert again.attempts == 2


def test_two_senders_never_share_a_message_that_a_third_left(post: Post) -> None:
    post.route(contacts=["group"], wait="0 s")
    post.tell(change(), change(subject="m2"))
    asyncio.run(post.sender().take())
    moment = datetime.fromtimestamp(START + 61, UTC)
    turn = Turn("another", moment, moment)
    with post.database.connection() as first, post.database.connection() as second:
        assert deliveries.head(first, turn) is not None
        assert deliveries.head(second, turn) is None


def test_what_may_pass_takes_nothing_along_that_has_to_wait(post: Post) -> None:
    text = contacts(post.receiver, contacts=["group"], wait="0 s")
    text["contacts"][2]["quiet"] = {"from": "07:00", "to": "09:00"}
    post.adopt(text)
    post.tell(change(), change(subject="m2", severity=Severity.CRITICAL))
    assert post.send() == 1
    assert [each.state for each in post.log()] == ["waiting", "sent"]


def test_a_sender_that_is_slow_never_takes_what_it_is_sending_itself(post: Post) -> None:
    post.tell(change())
    sender = post.sender()
    first = asyncio.run(sender.take())
    post.now = START + 61
    assert asyncio.run(sender.take()) is None
    other = asyncio.run(post.sender().take())
    assert first is not None
    assert other is not None
    assert other.key == first.key


def test_a_shed_signal_is_repeated_until_the_alert_is_over(post: Post) -> None:
    shed = {"kind": "mqtt", "url": "mqtt://127.0.0.1:1", "expires": "10 min"}
    text = contacts(post.receiver)
    text["contacts"][0]["channels"] = [shed]
    post.adopt(text)
    post.tell(change())
    for minute in range(0, 20, 5):
        _pretend_sent(post, minute * 60)
    post.tell(change(What.RESOLVED, 1000))
    _pretend_sent(post, 1000)
    assert asyncio.run(post.sender().take()) is None
    post.now = START + 90_000
    assert asyncio.run(post.sender().take()) is None
    assert [(each.what, each.renewal, each.state) for each in post.log()] == [
        ("fired", 0, "sent"),
        ("fired", 1, "sent"),
        ("fired", 2, "sent"),
        ("fired", 3, "sent"),
        ("fired", 4, "cancelled"),
        ("resolved", 0, "sent"),
    ]


def _pretend_sent(post: Post, second: float) -> None:
    post.now = START + second
    sender = post.sender()
    bundle = asyncio.run(sender.take())
    assert bundle is not None
    channel = post.current.plan.directory.contacts[0].channels[0]
    InDatabase(post.database).work(lambda ledger: sender._sent(ledger, bundle, channel))
    assert asyncio.run(post.sender().take()) is None


def test_no_secret_is_in_the_log_or_the_database(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    post.route(contacts=["group"], wait="0 s")
    post.variables["PARKWATT_CHAT"] = "json://user:s3cr3tword@127.0.0.1:1/"
    post.tell(change())
    assert post.send() == 1
    (row,) = post.log()
    assert row.state == "waiting"
    assert row.error
    assert "s3cr3tword" not in f"{row} {caplog.text}"


def test_quiet_hours_hold_a_message_back(post: Post) -> None:
    text = contacts(post.receiver)
    text["contacts"][0]["quiet"] = {"from": "07:00", "to": "09:00"}
    post.adopt(text)
    post.tell(change(), change(subject="m2", severity=Severity.CRITICAL))
    assert [post.send(second) for second in (0, 3599, 3600)] == [1, 0, 1]
    assert post.log()[0].due == datetime.fromtimestamp(START, UTC) + timedelta(hours=1)


def test_from_a_reading_to_a_letter(
    post: Post, batch: Callable[..., Batch], mail_server: str, mailbox: Mailbox
) -> None:
    """With the alerts' own worker between them."""
    text = contacts(post.receiver, wait="0 s")
    mail = {"kind": "mail", "to": ["duty@example.com"], "sender": "parkwatt@example.com"}
    text["contacts"][0] |= {"channels": [mail], "language": "zh"}
    post.adopt(text)
    post.variables["PARKWATT_SMTP_URL"] = mail_server
    assert post.current.plan.site is not None
    apply_site(post.database, post.current.plan.site, datetime.fromtimestamp(START, UTC))
    alerter = Alerter(post.database, post.current, clock=lambda: post.now)
    for second, kw in ((0, 390.0), (10, 412.0), (20, 380.0)):
        post.now = float(START + second)
        with closing(Writer.open(post.database, lambda: post.now)) as writer:
            writer.write([batch(("m1", START + second, {"active_power": kw}))])
        alerter.step()
        post.send(second)
    post.send(30)
    letters = [message_from_bytes(letter.content, policy=policy.default) for letter in mailbox.letters]
    assert [letter["Subject"] for letter in letters] == [
        "[警告] 高:一 (m1) 开始,412 kW,限值 400 kW",
        "[警告] 高:一 (m1) 已恢复,持续 10秒",
    ]
    assert "https://park.example/meters/m1" in letters[0].get_content()
    assert len({letter["Message-ID"] for letter in letters}) == 2
