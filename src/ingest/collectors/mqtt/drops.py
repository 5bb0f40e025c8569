"""How many messages the broker says it gave up before they came here."""

import logging
from collections.abc import Sequence

from ingest.collectors.mqtt.inbox import Arrival
from ingest.health import SourceHealth

_log = logging.getLogger("ingest")
COUNTER = "$SYS/broker/publish/messages/dropped"
"""Of Mosquitto, since it started."""


class DropWatch:
    """Puts the broker's own counter into a source's health; the log tells once that it grows."""

    def __init__(self, health: SourceHealth) -> None:
        self._health = health
        self._told = False

    def without_counter(self, window: Sequence[Arrival]) -> list[Arrival]:
        """The messages of meters; what the counter shows among them is taken note of."""
        for each in window:
            if each.topic == COUNTER and each.payload.isdigit():
                self._show(int(each.payload))
        return [each for each in window if each.topic != COUNTER]

    def _show(self, dropped: int) -> None:
        if dropped > self._health.dropped and not self._told:
            self._told = True
            _log.warning(
                "%s: the broker has dropped %d messages since it started; raise its queue limits",
                self._health.line.name,
                dropped,
            )
        self._health.dropped = dropped
