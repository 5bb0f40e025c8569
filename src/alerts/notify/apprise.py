"""Every service that apprise knows: DingTalk, Feishu, WeCom, Telegram, Teams and the rest."""

import logging
from collections.abc import Mapping
from typing import Literal

from apprise import Apprise, NotifyFormat

from alerts.channel import Channel as AnyChannel
from alerts.errors import Undelivered
from alerts.notice import Message

_PATIENCE_S = 30.0
_LOG = logging.getLogger("apprise")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False  # what it has to say stands in the log of deliveries


class Channel(AnyChannel):
    """The variable holds one of apprise's addresses, such as `dingtalk://secret@token`."""

    kind: Literal["apprise"]
    url_variable: str

    async def send(self, message: Message, variables: Mapping[str, str]) -> None:
        """Raises Undelivered."""
        service = Apprise()
        if not service.add(self.secret("url_variable", variables)):
            raise Undelivered(f"{self.url_variable} holds no address that apprise knows", final=True)
        done = await service.async_notify(
            body=_unlinked(message.text),
            title=_unlinked(message.subject),
            body_format=NotifyFormat.TEXT,
            timeout=_PATIENCE_S,
            log_level=logging.WARNING,
        )
        if not done:
            told = "; ".join(str(entry.message) for entry in done.logs())
            raise Undelivered(told or "the service did not take it, and gave no reason")


def _unlinked(text: str) -> str:
    """Services that read Markdown make no link of a name."""
    return text.replace("](", "] (")
