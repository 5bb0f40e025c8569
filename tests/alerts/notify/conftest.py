"""An alert to tell of, and servers that take what is told."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from receivers import Mailbox, Receiver, mail_taker

from alerts.notice import Message, Name, Notice
from alerts.wording import message


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with closing(Receiver()) as opened:
        yield opened


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mail_server(mailbox: Mailbox, free_port: Callable[[], int]) -> Iterator[str]:
    """Its address, as PARKWATT_SMTP_URL has it."""
    with mail_taker(mailbox, free_port()) as url:
        yield url


@pytest.fixture
def notice() -> Notice:
    """2026-06-22 08:00 in Shanghai."""
    return Notice(
        id="demand/meter:M-101/1782086400000000/fired/1/1782086400000000",
        alert="demand/meter:M-101/1782086400000000",
        rule="demand",
        rule_name=Name("Demand limit", "需量超限"),
        kind="meter",
        subject="M-101",
        subject_name=Name("Main meter", "总表"),
        areas=("hall", "park"),
        area_name=Name("Hall", "厂房"),
        what="fired",
        severity="critical",
        at_us=1_782_086_400_000_000,
        since_us=1_782_086_340_000_000,
        fired_us=1_782_086_400_000_000,
        value=412.34,
        limit=400.0,
        unit="kW",
        more={"cost CNY": 1280.0, "unknown": None},
        band=Name("peak", "高峰"),
        price=1.0523,
        currency="CNY",
        link="https://park.example/?meter=M-101",
    )


@pytest.fixture
def told(notice: Notice) -> Callable[..., Message]:
    """A message about the alert, changed as the words say."""

    def made(key: str = "k" * 32, language: Any = "en", **changes: Any) -> Message:
        changed = msgspec.structs.replace(notice, **changes)
        return message(key, [changed], language, ZoneInfo("Asia/Shanghai"))

    return made
