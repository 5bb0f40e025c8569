"""How many messages the broker says it gave up before they came here."""

import logging
import re
from collections.abc import Sequence

from ingest.collectors.mqtt.inbox import Arrival
from ingest.health import SourceHealth

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
        self._by_topic: dict[str, int] = {}

    def without_counter(self, window: Sequence[Arrival]) -> list[Arrival]:
        """The messages of meters; what the counters show among them is taken note of."""
        messages = [each for each in window if not _COUNTER.fullmatch(each.topic)]
        if len(messages) < len(window):
            self._note(window)
        return messages

    def _note(self, window: Sequence[Arrival]) -> None:
        for each in window:
            if _COUNTER.fullmatch(each.topic) and each.payload.isdigit():
                self._by_topic[each.topic] = int(each.payload)
        self._show(sum(self._by_topic.values()))

    def _show(self, dropped: int) -> None:
        if dropped > self._health.dropped and not self._told:
            self._told = True
            _log.warning(
                "%s: the broker has dropped %d messages since it started; raise its queue limits",
                self._health.line.name,
                dropped,
            )
        self._health.dropped = dropped
