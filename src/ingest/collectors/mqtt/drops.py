"""How many messages the broker says it gave up before they came here."""

import logging
import re
from collections.abc import Sequence

from ingest.collectors.mqtt.inbox import Arrival
from ingest.health import DropCount, SourceHealth

_log = logging.getLogger("ingest")
COUNTERS = (
    "$SYS/broker/publish/messages/dropped",
    "$SYS/brokers/+/metrics/delivery/dropped/queue_full",
)
"""Since the broker started: of Mosquitto; of EMQX, each node its own (emqx_sys.erl, emqx_metrics.erl)."""
_COUNTER = re.compile("|".join(re.escape(each).replace(r"\+", "[^/]+") for each in COUNTERS))


class DropWatch:
    """Puts the broker's own counter into a source's health; the log tells once that it grows."""

    def __init__(self, health: SourceHealth) -> None:
        self._health = health
        self._told = False

    def without_counter(self, window: Sequence[Arrival]) -> list[Arrival]:
        """The messages of meters; what the counters show among them is taken note of."""
        messages = [each for each in window if not _COUNTER.fullmatch(each.topic)]
        if len(messages) < len(window):
            self._note(window)
        return messages

    def _note(self, window: Sequence[Arrival]) -> None:
        before = self._health.dropped
        for each in window:
            if _COUNTER.fullmatch(each.topic) and each.payload.isdigit():
                self._show(each.topic, DropCount(int(each.payload), each.at))
        if self._health.dropped > before and not self._told:
            self._told = True
            _log.warning(
                "%s: the broker has dropped %d messages since it started; raise its queue limits",
                self._health.line.name,
                self._health.dropped,
            )

    def _show(self, counter: str, shown: DropCount) -> None:
        before = self._health.drops.get(counter)
        if before is None or before.count != shown.count:
            self._health.drops[counter] = shown
