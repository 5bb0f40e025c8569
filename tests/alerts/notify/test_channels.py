"""Each channel against a server of its kind."""

import asyncio
import hashlib
import hmac
import json
import logging
import queue
import secrets
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes, policy
from typing import Any

import aiomqtt
import paho.mqtt.client as mqtt
import pytest
import requests
from aiosmtpd.smtp import Envelope
from pydantic import ValidationError

from alerts.channel import Channel
from alerts.channels import checked, kinds
from alerts.errors import Undelivered
from alerts.notice import Message, Name

Told = Callable[..., Message]
MAIL = {"kind": "mail", "to": ["duty@example.com"], "sender": "parkwatt@example.com"}
SECRET = "correct horse battery staple"  # noqa: S105  # a test's own


@pytest.fixture
def topic() -> str:
    """Nobody else's, since a broker that goes on remembers."""
    return f"proof/{secrets.token_hex(6)}"


def send(channel: Channel, message: Message, **variables: str) -> None:
    asyncio.run(channel.send(message, variables))


def opened(envelope: Envelope) -> Any:
    assert isinstance(envelope.content, bytes)
    return message_from_bytes(envelope.content, policy=policy.default)


def test_the_folder_is_the_registry() -> None:
    assert kinds() == ("apprise", "mail", "mqtt", "webhook")


def test_a_mail_arrives_with_a_message_id_that_stays(told: Told, mail_server: str, mailbox: Any) -> None:
    for _ in range(2):
        send(checked(MAIL), told(language="zh"), PARKWATT_SMTP_URL=mail_server)
    first, second = (opened(letter) for letter in mailbox.letters)
    assert first["Message-ID"] == second["Message-ID"] == f"<{'k' * 32}@example.com>"
    assert first["Subject"] == "[严重] 需量超限:总表 (M-101) 开始,412.34 kW,限值 400 kW"
    assert first.get_content_type() == "text/plain"
    assert "限值 400 kW" in first.get_content()
    assert mailbox.letters[0].rcpt_tos == ["duty@example.com"]


def test_a_name_with_line_breaks_adds_no_header(told: Told, mail_server: str, mailbox: Any) -> None:
    evil = Name("Hall\r\nBcc: all@example.com\r\n\r\n<script>", "x")
    send(checked(MAIL), told(subject_name=evil, rule_name=evil), PARKWATT_SMTP_URL=mail_server)
    letter = opened(mailbox.letters[0])
    assert letter["Bcc"] is None
    assert letter["Subject"].startswith("[critical] Hall Bcc: all@example.com <script>:")
    assert letter.get_content_type() == "text/plain"


@pytest.mark.parametrize(("answer", "final"), [("550 nobody here", True), ("451 later", False)])
def test_a_mail_that_is_refused(
    told: Told,
    mail_server: str,
    mailbox: Any,
    answer: str,
    final: bool,
) -> None:
    mailbox.refuses = answer
    with pytest.raises(Undelivered, match=answer[4:]) as caught:
        send(checked(MAIL), told(), PARKWATT_SMTP_URL=mail_server)
    assert caught.value.final is final


def test_a_mail_server_that_is_away_is_tried_again(told: Told, free_port: Callable[[], int]) -> None:
    with pytest.raises(Undelivered) as caught:
        send(checked(MAIL), told(), PARKWATT_SMTP_URL=f"smtp+plain://127.0.0.1:{free_port()}")
    assert not caught.value.final


def test_a_missing_variable_is_named(told: Told) -> None:
    with pytest.raises(Undelivered, match="PARKWATT_SMTP_URL is not set"):
        send(checked(MAIL), told())


def test_a_webhook_is_signed_and_bears_its_key(told: Told, receiver: Any) -> None:
    channel = checked({"kind": "webhook", "url": receiver.url, "secret_variable": "PARKWATT_HOOK"})
    send(channel, told(), PARKWATT_HOOK=SECRET)
    headers, body = receiver.requests[0]
    signed = headers["X-ParkWatt-Timestamp"].encode() + b"." + body
    assert (
        headers["X-ParkWatt-Signature"]
        == "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    )
    assert headers["Idempotency-Key"] == "k" * 32
    told_of = json.loads(body)
    assert told_of["key"] == "k" * 32
    assert told_of["alert"]["value"] == 412.34
    assert told_of["alert"]["unit"] == "kW"
    assert told_of["alert"]["more"]["unknown"] is None


@pytest.mark.parametrize(
    ("status", "final"), [(500, False), (429, False), (408, False), (410, True), (302, True)]
)
def test_what_a_webhook_answers(told: Told, receiver: Any, status: int, final: bool) -> None:
    receiver.answers.append(status)
    channel = checked({"kind": "webhook", "url": receiver.url, "secret_variable": "PARKWATT_HOOK"})
    with pytest.raises(Undelivered, match=str(status)) as caught:
        send(channel, told(), PARKWATT_HOOK=SECRET)
    assert caught.value.final is final


def test_apprise_sends(told: Told, receiver: Any) -> None:
    channel = checked({"kind": "apprise", "url_variable": "PARKWATT_CHAT"})
    send(channel, told(), PARKWATT_CHAT=f"json://{receiver.address}/")
    assert receiver.bodies[0]["title"].startswith("[critical] Demand limit")
    assert "limit 400 kW" in receiver.bodies[0]["message"]


def test_apprise_tells_why_it_failed_and_no_secret(told: Told, receiver: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers.append(500)
    channel = checked({"kind": "apprise", "url_variable": "PARKWATT_CHAT"})
    with pytest.raises(Undelivered, match="500"):
        send(channel, told(), PARKWATT_CHAT=f"json://user:s3cr3tword@{receiver.address}/")
    assert "s3cr3tword" not in caplog.text


SERVICES = {
    "dingtalk": ("dingtalk://s3cr3ts3cr3t@a1b2c3d4e5f6/", "oapi.dingtalk.com"),
    "feishu": ("feishu://a1b2c3d4-e5f6/", "open.feishu.cn"),
    "wecom": ("wecombot://a1b2c3d4-e5f6-a1b2-c3d4-e5f6a1b2c3d4/", "qyapi.weixin.qq.com"),
    "telegram": ("tgram://123456789:abcdefghijklmnopqrstuvwxyz123456789/12315544/", "api.telegram.org"),
    "teams": ("workflows://prod.azure.example:443/643e69f83c8944/8U_signature/", "prod.azure.example"),
}


@pytest.mark.parametrize("service", SERVICES)
def test_the_services_that_plants_use_are_given_plain_text(
    told: Told, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their servers are far away: what would go to them is looked at."""
    posted: list[tuple[str, str]] = []

    def post(url: str, data: Any = None, **_: Any) -> requests.Response:
        posted.append((url, data if isinstance(data, str) else data.decode()))
        answer = requests.Response()
        answer.status_code, answer._content = 200, b'{"errcode": 0, "code": 0, "ok": true}'
        return answer

    monkeypatch.setattr(requests, "post", post)
    url, host = SERVICES[service]
    channel = checked({"kind": "apprise", "url_variable": "PARKWATT_CHAT"})
    send(channel, told(language="zh", subject_name=Name("x", "<b>厂房</b>")), PARKWATT_CHAT=url)
    assert host in posted[-1][0]
    told_of = json.dumps(json.loads(posted[-1][1]), ensure_ascii=False)
    assert "限值 400 kW" in told_of
    assert "<b>厂房</b>" in told_of or "&lt;b&gt;厂房&lt;/b&gt;" in told_of


@pytest.mark.broker
def test_a_shed_signal_expires_and_ends(told: Told, broker_url: str, topic: str) -> None:
    channel = checked({"kind": "mqtt", "url": broker_url, "topic": topic, "expires": "5 min"})
    port = int(broker_url.rpartition(":")[2])

    async def watch() -> list[aiomqtt.Message]:
        async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as client:
            await client.subscribe(f"{topic}/#", 1)
            await channel.send(told(), {})
            await channel.send(told(what="resolved"), {})
            return [await anext(aiter(client.messages)) for _ in range(2)]

    begin, end = asyncio.run(asyncio.wait_for(watch(), 60))
    assert str(begin.topic) == str(end.topic) == f"{topic}/demand/M-101"
    shed, over = json.loads(bytes(begin.payload)), json.loads(bytes(end.payload))
    assert (shed["shed"], over["shed"]) == (True, False)
    assert shed["until"] > shed["at"]
    assert over["until"] is None
    assert begin.properties is not None
    assert begin.properties.MessageExpiryInterval <= 300


@pytest.mark.broker
def test_the_last_will_tells_that_nobody_signals_any_more(broker_url: str, topic: str) -> None:
    channel = checked({"kind": "mqtt", "url": broker_url, "topic": topic})
    port = int(broker_url.rpartition(":")[2])

    async def watch() -> list[bytes]:
        async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as client:
            await client.subscribe(f"{topic}/presence", 1)
            attending = asyncio.create_task(attended(channel))
            first = await anext(aiter(client.messages))
            while not attending.done():  # Python 3.11 loses a cancellation that meets an answer
                attending.cancel()
                await asyncio.wait({attending}, timeout=1)
            second = await anext(aiter(client.messages))
            return [bytes(first.payload), bytes(second.payload)]

    assert asyncio.run(asyncio.wait_for(watch(), 180)) == [b"online", b"offline"]


async def attended(channel: Channel) -> None:
    """Begun anew when it fails, as the sender does: a busy machine may not let it connect at once."""
    while True:
        with suppress(aiomqtt.MqttError, TimeoutError):
            await channel.attend({})
        await asyncio.sleep(0.1)


def test_a_broker_that_is_away_is_tried_again(told: Told, free_port: Callable[[], int]) -> None:
    channel = checked({"kind": "mqtt", "url": f"mqtt://127.0.0.1:{free_port()}"})
    with pytest.raises(Undelivered, match="broker") as caught:
        send(channel, told())
    assert not caught.value.final


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"kind": "webhook", "url": "https://x", "secret_variable": SECRET}, "secret_variable"),
        ({"kind": "apprise", "url_variable": f"dingtalk://{SECRET}/"}, "url_variable"),
        ({"kind": "webhook", "secret_variable": "PARKWATT_X"}, "url"),
        ({"kind": "webhook", "url": "https://me:pass@x", "secret_variable": "PARKWATT_X"}, "url"),
        ({**MAIL, "to": ["a@b.c\nBcc: d@e.f"]}, "to"),
        ({**MAIL, "to": []}, "to"),
        ({"kind": "mqtt", "url": "mqtt://h", "topic": "a/#"}, "topic"),
        ({"kind": "mqtt", "url": "mqtt://h", "user_variable": "PARKWATT_X"}, "user_variable"),
    ],
)
def test_a_mistake_is_named_and_no_secret_told(document: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        checked(document)
    told = [(".".join(map(str, each["loc"])), each["msg"]) for each in caught.value.errors()]
    assert any(field in f"{place} {reason}" for place, reason in told)
    assert SECRET not in json.dumps(told)


def test_what_is_told_of_a_failure_hides_what_the_variables_hold() -> None:
    channel = checked({"kind": "apprise", "url_variable": "PARKWATT_CHAT"})
    variables = {"PARKWATT_CHAT": "dingtalk://s3cr3t@tokentoken/"}
    text = channel.hidden("no answer from https://x/robot?access_token=tokentoken, s3cr3t", variables)
    assert text == "no answer from https://x/robot?access_token=***, ***"


ATTENDING = """
import asyncio, sys
from alerts.channels import checked
asyncio.run(checked({"kind": "mqtt", "url": sys.argv[1], "topic": sys.argv[2]}).attend({}))
"""


@pytest.mark.broker
def test_the_broker_tells_of_a_process_that_was_killed(broker_url: str, topic: str) -> None:
    port = int(broker_url.rpartition(":")[2])
    told: queue.Queue[bytes] = queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: told.put(message.payload)
    client.on_connect = lambda *_: client.subscribe(f"{topic}/presence", 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    process = subprocess.Popen([sys.executable, "-c", ATTENDING, broker_url, topic])
    try:
        assert told.get(timeout=120) == b"online"
        process.kill()
        assert told.get(timeout=120) == b"offline"
    finally:
        process.kill()
        process.wait()
        client.disconnect()
        client.loop_stop()
