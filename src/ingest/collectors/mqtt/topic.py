"""Which topics a pattern means, and which meter and channel a topic names."""

import re
from dataclasses import dataclass

from ingest.errors import SourceError

_PART = re.compile(r"\{([a-z_]+)\}")
CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Place:
    """What a topic says of a message."""

    address: str
    channel: str | None
    """What stands at {channel} or #: the quantity, where each has a topic of its own."""


class Pattern:
    """`plant/{area}/{meter}/{channel}`: parts in braces stand for one level, `#` for all that follow."""

    def __init__(self, text: str, address: str | None = None) -> None:
        """`address` puts a meter's address together: {area}/{meter}; None: {meter}, or every part in turn.

        Raises SourceError where no part names the meter or one stands twice.
        """
        parts = _PART.findall(text)
        named = [part for part in parts if part != CHANNEL]
        if not named or len(set(parts)) != len(parts):
            raise SourceError(f"topic {text!r}: {{meter}} or another part stands in it, and none twice")
        self.address = address or ("{meter}" if "meter" in named else "/".join(f"{{{p}}}" for p in named))
        unknown = set(_PART.findall(self.address)) - set(named)
        if unknown or not _PART.search(self.address):
            raise SourceError(f"address {self.address!r}: it is made of {', '.join(named)}")
        levels = text.split("/")
        self.filter = "/".join("+" if _PART.search(level) else level for level in levels)
        """What to subscribe to."""
        self._levels = levels[2:] if levels[0] == "$share" else levels
        self._topic = re.compile(_expression(self._levels))
        self._parts = re.compile(_level(self.address, "[^/]+") + r"(/(?P<record_>.+))?")

    def filter_of(self, address: str) -> str:
        """What to subscribe to for one meter alone, beside whoever shares the stream. Raises SourceError."""
        match = self._parts.fullmatch(address)
        if match is None:
            raise SourceError(f"{address!r} is no address of the form {self.address}")
        own = (_PART.sub(lambda part: match.groupdict().get(part[1]) or "+", one) for one in self._levels)
        return "/".join("+" if "+" in level else level for level in own)

    def misfit(self, address: str) -> str | None:
        """Why no meter can have this address; None where one can. What follows names a gateway's meter."""
        return None if self._parts.fullmatch(address) else f"{address!r} is not of the form {self.address}"

    def place(self, topic: str) -> Place | None:
        """None where the topic does not fit."""
        match = self._topic.fullmatch(topic)
        if match is None:
            return None
        parts = match.groupdict()
        return Place(_PART.sub(lambda part: parts[part[1]], self.address), parts.get(CHANNEL) or None)


def _expression(levels: list[str]) -> str:
    """`#` also stands for nothing at all; it is the channel unless one is named."""
    if levels[-1] != "#":
        return "/".join(_level(level, "[^/]+") for level in levels)
    above = _expression(levels[:-1])
    return f"{above}(?:/.*)?" if f"?P<{CHANNEL}>" in above else f"{above}(?:/(?P<{CHANNEL}>.*))?"


def _level(text: str, part: str) -> str:
    if text == "+":
        return "[^/]*"
    pieces = _PART.split(text)
    return "".join(f"(?P<{piece}>{part})" if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))
