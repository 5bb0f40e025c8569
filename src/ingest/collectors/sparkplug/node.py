"""What is known of one edge node: its sequence, its births and its deaths."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from ingest.collectors.sparkplug.payload import Metric, Payload

_SEQUENCES = 256
_BEHIND = 16
NODE = ""
"""The scope of the node's own metrics, beside those of its devices."""


class Order(Enum):
    """How a message follows the one before."""

    NEXT = auto()
    AGAIN = auto()
    """One of the last few: real networks repeat them, and that is no gap."""
    GAP = auto()
    """Something between was lost."""


@dataclass(slots=True, eq=False)
class Scope:
    """The metrics that a birth announced, of a node or a device."""

    names: dict[int, str] = field(default_factory=dict)
    """By alias."""
    datatypes: dict[str, int] = field(default_factory=dict)
    """By name."""

    @classmethod
    def of(cls, metrics: Iterable[Metric]) -> "Scope":
        found = cls()
        for metric in metrics:
            if metric.alias is not None:
                found.names[metric.alias] = metric.name
            found.datatypes[metric.name] = metric.datatype
        return found

    def name_of(self, metric: Metric) -> str | None:
        """None where the alias was never announced."""
        return metric.name or (None if metric.alias is None else self.names.get(metric.alias))


@dataclass(slots=True, eq=False)
class Node:
    scopes: dict[str, Scope] = field(default_factory=dict)
    """Of the node and of each of its devices, while they live."""
    seq: int | None = None
    """Of the last message."""
    session: float | None = None
    """bdSeq, which ties a death to its birth."""
    asked: float | None = None
    """When a birth was asked for [s since 1970]."""

    def born(self, payload: Payload) -> None:
        """A new session: what its devices announced before holds no more."""
        self.seq = payload.seq
        self.session = _session(payload)
        self.scopes = {NODE: Scope.of(payload.metrics)}

    def device_born(self, device: str, payload: Payload) -> None:
        self.scopes[device] = Scope.of(payload.metrics)

    def died(self, payload: Payload) -> bool:
        """False for the late death of a session that another has followed."""
        session = _session(payload)
        if session is not None and self.session is not None and session != self.session:
            return False
        self.scopes, self.seq = {}, None
        return True

    def follow(self, seq: int | None) -> Order:
        """Takes note of the sequence number of a message after the birth."""
        if seq is None:
            return Order.NEXT
        if self.seq is not None and (self.seq - seq) % _SEQUENCES < _BEHIND:
            return Order.AGAIN
        gap = self.seq is not None and seq != (self.seq + 1) % _SEQUENCES
        self.seq = seq
        return Order.GAP if gap else Order.NEXT


def _session(payload: Payload) -> float | None:
    found = (metric.value for metric in payload.metrics if metric.name == "bdSeq")
    return next((value for value in found if isinstance(value, int | float)), None)
