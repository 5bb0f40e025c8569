"""What the messages of edge nodes mean in their order: rows, who lives, and whom to ask for a birth."""

import logging
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.batch import Batch
from ingest.collectors.mqtt.inbox import Arrival
from ingest.collectors.mqtt.rows import Row, batch_of
from ingest.collectors.sparkplug.metrics import MetricReader, numbers
from ingest.collectors.sparkplug.node import NODE, Node, Order, Scope
from ingest.collectors.sparkplug.payload import Payload, decode
from ingest.collectors.sparkplug.template import SparkplugDevice
from ingest.errors import PayloadError, UnitSilent
from ingest.health import SourceHealth
from ingest.sampling import SPARSE, Sampler, Sampling
from ingest.unmapped import at_address, is_address

_log = logging.getLogger("ingest.sparkplug")
NAMESPACE = "spBv1.0"
_TOPIC = re.compile(
    r"spBv1\.0/(?P<group>[^/]+)/[ND](?P<kind>BIRTH|DATA|DEATH)/(?P<edge>[^/]+)(/(?P<device>[^/]+))?"
)
_ASK_AGAIN_S = 60.0
_HELD = 1_000
Key = tuple[str, str]
"""Group and edge node."""
_Rows = defaultdict[tuple[str, ...], list[Row]]


@dataclass(frozen=True, slots=True)
class Behind:
    """A meter behind an edge node, or the node itself."""

    code: str
    node: Key
    device: str
    template: SparkplugDevice


@dataclass(frozen=True, slots=True)
class _Message:
    key: Key
    device: str
    payload: Payload
    arrival: Arrival


class Host:
    """Follows the edge nodes of a source's meters for the life of a connection."""

    def __init__(self, health: SourceHealth, behind: Sequence[Behind], sampling: Sampling = SPARSE) -> None:
        self._health = health
        self._sampler = Sampler(health.source, sampling)
        self._nodes = {each.node: Node() for each in behind}
        self._wanted = set(self._nodes)
        self._meters: defaultdict[tuple[Key, str], list[tuple[str, MetricReader]]] = defaultdict(list)
        self._held: defaultdict[tuple[Key, str], deque[_Message]] = defaultdict(deque)
        for each in behind:
            self._meters[each.node, each.device].append((each.code, MetricReader(each.template)))

    def read(self, window: Iterable[Arrival]) -> list[Batch]:
        """The rows of all messages, those of one template in one batch; then what no template mentions."""
        rows: _Rows = defaultdict(list)
        for arrival in window:
            try:
                self._take(arrival, rows)
            except PayloadError as error:
                self._refuse(arrival, error)
        batches = [
            batch_of(self._health.source, quantities, found) for quantities, found in rows.items() if found
        ]
        return batches + self._sampler.take()

    def requests(self, now: float) -> list[Key]:
        """Nodes to ask for a birth, each at most once a minute."""
        due = [key for key in sorted(self._wanted) if self._may_ask(self._nodes[key], now)]
        for key in due:
            self._nodes[key].asked = now
            self._wanted.discard(key)
        return due

    def _take(self, arrival: Arrival, rows: _Rows) -> None:
        match = _TOPIC.fullmatch(arrival.topic)
        node = self._nodes.get((match["group"], match["edge"])) if match else None
        if match is None or node is None:
            return
        kind, device = match["kind"], match["device"] or NODE
        message = _Message((match["group"], match["edge"]), device, decode(arrival.payload), arrival)
        if device != NODE and (message.key, device) not in self._meters:
            self._health.met(arrival.at, "/".join((*message.key, device)))
        if kind == "BIRTH":
            self._born(node, message, rows)
        elif kind == "DATA":
            self._data(node, message, rows)
        else:
            self._died(node, message)

    def _born(self, node: Node, message: _Message, rows: _Rows) -> None:
        if message.device == NODE:
            node.born(message.payload)
            self._wanted.discard(message.key)
        else:
            self._follow(node, message)
            node.device_born(message.device, message.payload)
        place = message.key, message.device
        for _, reader in self._meters.get(place, ()):
            reader.announce(message.payload.metrics)
        for held in (*self._held.pop(place, ()), message):
            self._keep(node, held, rows)

    def _data(self, node: Node, message: _Message, rows: _Rows) -> None:
        self._follow(node, message)
        if message.device in node.scopes:
            self._keep(node, message, rows)
            return
        if (message.key, message.device) not in self._meters:
            return
        self._wanted.add(message.key)
        held = self._held[message.key, message.device]
        held.append(message)
        if len(held) > _HELD:
            self._refuse(held.popleft().arrival, PayloadError("", message.device, "no birth announced it"))

    def _follow(self, node: Node, message: _Message) -> None:
        if node.follow(message.payload.seq) is Order.GAP:
            _log.info("%s: messages of %s are missing", self._health.line.name, "/".join(message.key))
            self._wanted.add(message.key)

    def _keep(self, node: Node, message: _Message, rows: _Rows) -> None:
        scope = node.scopes[message.device]
        if any(scope.name_of(metric) is None for metric in message.payload.metrics):
            self._wanted.add(message.key)
        if message.device != NODE and (message.key, message.device) not in self._meters:
            self._keep_undeclared(message, scope)
        for code, reader in self._meters.get((message.key, message.device), ()):
            found, complaints = reader.read(message.payload, scope, message.arrival.at)
            for complaint in complaints:
                self._refuse(message.arrival, complaint)
            rows[reader.quantities] += [Row(code, at, values) for at, values in found.items()]
            self._look_beside(code, reader.unmapped(message.payload, scope, message.arrival.at), message)
            if found:
                self._health.meters[code].succeeded(message.arrival.at)
            elif complaints:
                self._health.meters[code].failed(message.arrival.at, complaints[0])

    def _keep_undeclared(self, message: _Message, scope: Scope) -> None:
        """Of a device that no meter's address names: all of it, until one does."""
        name = at_address("/".join((*message.key, message.device)))
        kept: defaultdict[int, dict[str, float]] = defaultdict(dict)
        for metric, time_us, number in numbers(message.payload, scope, message.arrival.at):
            kept[time_us][metric] = number
        if is_address(name) and self._sampler.due(name, message.arrival.at):
            for time_us, named in kept.items():
                self._sampler.keep(name, time_us, named)

    def _look_beside(self, code: str, beside: Iterable[tuple[str, int, float]], message: _Message) -> None:
        """Each metric by itself now and then: a message holds those that have changed."""
        kept: defaultdict[int, dict[str, float]] = defaultdict(dict)
        for name, time_us, number in beside:
            if self._sampler.due((code, name), message.arrival.at):
                self._sampler.looked_at((code, name), message.arrival.at)
                kept[time_us][name] = number
        for time_us, named in kept.items():
            self._sampler.keep(code, time_us, named)

    def _died(self, node: Node, message: _Message) -> None:
        """A dead meter is stale at once, however new its last value is."""
        if message.device != NODE:
            self._follow(node, message)
            node.scopes.pop(message.device, None)
        elif not node.died(message.payload):
            return
        for (key, device), meters in self._meters.items():
            if key == message.key and message.device in {NODE, device}:
                for code, _ in meters:
                    gone = UnitSilent(
                        f"{'/'.join(filter(None, (*key, message.device)))} says that it is gone"
                    )
                    self._health.meters[code].failed(message.arrival.at, gone)

    def _refuse(self, arrival: Arrival, error: PayloadError) -> None:
        self._health.refuse(arrival.at, arrival.topic, str(error), arrival.payload.hex())

    @staticmethod
    def _may_ask(node: Node, now: float) -> bool:
        return node.asked is None or now - node.asked >= _ASK_AGAIN_S
