"""Which topics a pattern means, and which meter a topic names."""

import re

from ingest.errors import SourceError

_PART = re.compile(r"\{([a-z_]+)\}")


class Pattern:
    """`park/{meter}/state`: `{meter}` stands for the meter's address, other parts in braces for anything."""

    def __init__(self, text: str) -> None:
        """Raises SourceError unless `{meter}` stands in it once."""
        parts = _PART.findall(text)
        if parts.count("meter") != 1 or len(set(parts)) != len(parts):
            raise SourceError(f"topic {text!r}: {{meter}} stands in it once, and no other part twice")
        levels = text.split("/")
        self.filter = "/".join("+" if _PART.search(level) else level for level in levels)
        """What to subscribe to."""
        topic_levels = levels[2:] if levels[0] == "$share" else levels
        self._topic = re.compile("/".join(map(_expression, topic_levels)))
        self._levels = topic_levels

    def filter_of(self, address: str) -> str:
        """What to subscribe to for one meter alone, beside whoever shares the whole stream."""
        own = (address if level == "{meter}" else level for level in self._levels)
        return "/".join("+" if _PART.search(level) else level for level in own)

    def meter(self, topic: str) -> str | None:
        """The meter's address in a topic; None where the topic does not fit."""
        match = self._topic.fullmatch(topic)
        return match and match["meter"]


def _expression(level: str) -> str:
    if level in {"+", "#"}:
        return "[^/]*" if level == "+" else ".*"
    pieces = _PART.split(level)
    return "".join(f"(?P<{piece}>[^/]+)" if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))
