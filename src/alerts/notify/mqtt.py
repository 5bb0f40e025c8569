"""A signal to shed load, on an MQTT topic: who reads it decides what to switch; ParkWatt switches nothing."""

import asyncio
import logging
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from aiomqtt import Client, MqttError, ProtocolVersion, Will
from msgspec import Struct
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import Field, model_validator

from alerts.amounts import Seconds
from alerts.channel import Channel as AnyChannel
from alerts.errors import Undelivered
from alerts.notice import Message, local

_PATIENCE_S = 20.0
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_QUIET = logging.getLogger("alerts.notify.mqtt.client")
_QUIET.setLevel(logging.CRITICAL)  # failures stand in the log of deliveries


class Signal(Struct, frozen=True):
    """What is published."""

    key: str
    shed: bool
    rule: str
    subject: str
    severity: str
    stage: int
    value: float | None
    limit: float | None
    unit: str
    at: str
    until: str | None
    """It holds no longer than this unless another one comes; null: it has ended."""


class Channel(AnyChannel):
    """A topic for each rule and subject, retained until it expires; `presence` says whether we are there."""

    grouped = False
    kind: Literal["mqtt"]
    url: str = Field(pattern=r"^mqtts?://[^\s@/]+/?$", examples=["mqtt://broker:1883"])
    topic: Annotated[str, Field(pattern=r"^[^+#\s]{1,200}$")] = "parkwatt/shed"
    """What all topics begin with: `topic/rule/subject` and `topic/presence`."""
    expires: Seconds = Field(default=900.0, gt=0, le=86_400.0)
    user_variable: str = ""
    password_variable: str = ""

    @property
    def renew_s(self) -> float | None:
        return self.expires / 2

    async def send(self, message: Message, variables: Mapping[str, str]) -> None:
        """Returns once the broker has acknowledged it. Raises Undelivered."""
        signal, topic = self.signal(message), self._place(message)
        expiry = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        expiry.MessageExpiryInterval = int(self.expires)
        try:
            async with asyncio.timeout(_PATIENCE_S), self._client(variables) as client:
                await client.publish(topic, msgspec.json.encode(signal), 1, retain=True, properties=expiry)
        except (MqttError, OSError, TimeoutError) as error:
            raise Undelivered(f"the broker: {str(error) or 'no answer'}") from error

    async def attend(self, variables: Mapping[str, str]) -> None:
        """Hold a connection whose last will says that ParkWatt is away; ends with the connection."""
        presence = f"{self.topic}/presence"
        will = Will(presence, b"offline", qos=1, retain=True)
        async with self._client(variables, will) as client:
            try:
                await client.publish(presence, b"online", 1, retain=True)
                async for _ in client.messages:
                    pass
            finally:
                with suppress(MqttError):
                    await client.publish(presence, b"offline", 1, retain=True)

    def signal(self, message: Message) -> Signal:
        notice = message.notices[0]
        shed = notice.what not in {"resolved", "test"}
        until_us = int((time.time() + self.expires) * 1e6)
        return Signal(
            message.key,
            shed,
            notice.rule,
            f"{notice.kind}:{notice.subject}",
            notice.severity,
            notice.stage,
            notice.value,
            notice.limit,
            notice.unit,
            _utc(notice.at_us),
            _utc(until_us) if shed else None,
        )

    def _place(self, message: Message) -> str:
        notice = message.notices[0]
        if notice.what == "test":
            return f"{self.topic}/test"
        return f"{self.topic}/{notice.rule}/{notice.subject}"

    def _client(self, variables: Mapping[str, str], will: Will | None = None) -> Client:
        place = urlsplit(self.url)
        return Client(
            place.hostname or "",
            place.port or _PORTS[place.scheme],
            username=self.secret("user_variable", variables) if self.user_variable else None,
            password=self.secret("password_variable", variables) if self.password_variable else None,
            tls_context=ssl.create_default_context() if place.scheme == "mqtts" else None,
            protocol=ProtocolVersion.V5,
            will=will,
            timeout=_PATIENCE_S,
            logger=_QUIET,
        )

    @model_validator(mode="after")
    def _both(self) -> Self:
        if bool(self.user_variable) != bool(self.password_variable):
            raise ValueError("user_variable: it and password_variable are needed together")
        return self


def _utc(us: int) -> str:
    return local(us, ZoneInfo("UTC")).astimezone(UTC).isoformat().replace("+00:00", "Z")
