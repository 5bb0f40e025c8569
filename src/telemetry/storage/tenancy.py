"""What a tenant's connection sees: views of its scope in the place of the tables."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeAlias

from psycopg import Connection
from psycopg.types.range import Range

from telemetry.storage import queries

_SQL = queries.beside(__file__)
Spans: TypeAlias = Sequence[tuple[datetime | None, datetime | None]]
"""Stretches [since, until), None: without an end."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A scope as the database writes it: meters and areas, each with spans in the same order."""

    meters: str
    spans: str
    areas: str
    area_spans: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What of the park somebody may see, for what is held in memory."""

    meters: Mapping[str, Spans]
    """By code, when each is theirs."""
    areas: Mapping[str, Spans]
    """By code, when each is theirs."""
    wholly: frozenset[str]
    """Those in which nothing stands now that is another's."""

    def holds(self, meter: str, moment: datetime) -> bool:
        """Whether what this meter shows at a moment is theirs to see."""
        return any(
            (since is None or since <= moment) and (until is None or moment < until)
            for since, until in self.meters.get(meter, ())
        )

    def has(self, meter: str, lo: datetime, hi: datetime) -> bool:
        """Whether a meter is theirs from lo to hi, all the time."""
        return _within(self.meters.get(meter, ()), lo, hi)

    def keeps(self, area: str, lo: datetime, hi: datetime) -> bool:
        """Whether an area is theirs from lo to hi, all the time."""
        return _within(self.areas.get(area, ()), lo, hi)


def _within(spans: Spans, lo: datetime, hi: datetime) -> bool:
    return any((since is None or since <= lo) and (until is None or hi <= until) for since, until in spans)


def make_role(conn: Connection[Any]) -> None:
    """Make parkwatt_tenant where the server lacks it."""
    conn.execute(_SQL["role"])


def clear(conn: Connection[Any]) -> None:
    """Take the views away, so that the tables below them may change."""
    conn.execute(_SQL["drop"])


def install(conn: Connection[Any]) -> None:
    """Give the tenants' role its views as this version has them, and the right to read them."""
    edition = hashlib.sha256(_SQL["views"].encode()).hexdigest()
    if conn.execute(_SQL["standing"]).fetchone() != (edition,):
        conn.execute(_SQL["drop"])
        conn.execute(_SQL["views"])
        conn.execute(_SQL["named"], {"hash": edition})
        conn.execute(_SQL["comment"])
    conn.execute(_SQL["grants"])


def configure(conn: Connection[Any]) -> None:
    """Make a session a tenant's: without a scope it sees nothing."""
    conn.execute(_SQL["session"])


def enter(conn: Connection[Any], areas: Collection[str], known: Resolved | None = None) -> Resolved:
    """Set the scope of the transaction that runs: what belongs to these areas and to who occupies them.

    `known` is what an earlier transaction of the same request found, which spares asking again.
    """
    named = sorted(areas)
    if known is None:
        row = conn.execute(_SQL["resolve"], {"areas": named}).fetchone()
        known = Resolved(*row) if row else Resolved("", "", "", "")
    conn.execute(_SQL["scope"], {**asdict(known), "home": next(iter(named), ""), "asked": named})
    return known


def scope(conn: Connection[Any]) -> Scope:
    """Of the transaction that runs, as it is now."""
    meters = {code: _spans(spans) for code, spans in conn.execute(_SQL["meters"])}
    places = conn.execute(_SQL["areas"]).fetchall()
    areas = {code: _spans(spans) for code, spans, _ in places}
    return Scope(meters, areas, frozenset(code for code, _, whole in places if whole))


def entrusted(conn: Connection[Any], area: str, lo: datetime, hi: datetime) -> bool:
    """Whether an area is in the scope of the transaction from lo to hi, with whatever stands in it."""
    row = conn.execute(_SQL["entrusted"], {"area": area, "lo": lo, "hi": hi}).fetchone()
    return bool(row and row[0])


def _spans(found: Iterable[Range[datetime]]) -> Spans:
    return tuple((each.lower, each.upper) for each in found)
