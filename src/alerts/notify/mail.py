"""Mail by SMTP, with a Message-ID that stays the same when a message is sent again."""

import asyncio
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate
from typing import Annotated, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import Field

from alerts.channel import Channel as AnyChannel
from alerts.errors import Undelivered
from alerts.notice import Message

_PATIENCE_S = 20.0
_PERMANENT = range(500, 600)
_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
Address = Annotated[str, Field(pattern=r"^[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.\-]{1,190}$")]


class Channel(AnyChannel):
    """To whom, and which variable holds the server, such as `smtp://user:password@host:587`.

    `smtp` encrypts by STARTTLS, `smtps` from the start, `smtp+plain` not at all.
    """

    kind: Literal["mail"]
    to: tuple[Address, ...] = Field(min_length=1)
    sender: Address
    server_variable: str = "PARKWATT_SMTP_URL"

    async def send(self, message: Message, variables: Mapping[str, str]) -> None:
        """Returns once the server has taken it for every recipient. Raises Undelivered."""
        server = urlsplit(self.secret("server_variable", variables))
        if server.scheme not in _PORTS or not server.hostname:
            raise Undelivered(f"{self.server_variable} is not smtp://host or smtps://host", final=True)
        await asyncio.to_thread(self._deliver, server, self.letter(message))

    def letter(self, message: Message) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = self.sender
        letter["To"] = ", ".join(self.to)
        letter["Subject"] = message.subject
        letter["Date"] = formatdate(max(notice.at_us for notice in message.notices) / 1e6)
        letter["Message-ID"] = f"<{message.key}@{self.sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter["X-ParkWatt-Key"] = message.key
        letter.set_content(message.text)
        return letter

    def _deliver(self, server: SplitResult, letter: EmailMessage) -> None:
        try:
            connection = self._connected(server)
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(f"the mail server: {error}", final=_refused(error)) from error
        try:
            refused = connection.send_message(letter)
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(f"the mail server: {error}", final=_refused(error)) from error
        finally:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
        if refused:
            raise Undelivered(f"the mail server takes nothing for {', '.join(refused)}", final=True)

    def _connected(self, server: SplitResult) -> smtplib.SMTP:
        host, port = server.hostname or "", server.port or _PORTS[server.scheme]
        if server.scheme == "smtps":
            trust = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_PATIENCE_S, context=trust)
        else:
            connection = smtplib.SMTP(host, port, timeout=_PATIENCE_S)
        try:
            if server.scheme == "smtp":
                connection.starttls(context=ssl.create_default_context())
            if server.username:
                connection.login(unquote(server.username), unquote(server.password or ""))
        except BaseException:
            connection.close()
            raise
        return connection


def _refused(error: Exception) -> bool:
    """Whether the server will say the same next time."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code in _PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code in _PERMANENT
