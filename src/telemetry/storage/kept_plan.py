"""Production plans that planners kept, version by version."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from telemetry.storage import queries

_SQL = queries.beside(__file__)
Owner: TypeAlias = Collection[str] | None
"""Areas that whoever keeps a plan is let in for; None: the whole park."""


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """One version; without a plan it says why there is none any more."""

    code: str
    version: int
    posted: dict[str, Any] | None
    kept_by: str
    kept_at: datetime
    withdrawn_because: str | None
    lines: Sequence[str] = ()
    """Of its jobs, or those of the version that was withdrawn."""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptName:
    """The newest version without its jobs."""

    code: str
    version: int
    kept_by: str
    kept_at: datetime
    name: str | None
    from_: str
    to: str
    jobs: int


def newest(conn: Connection[Any], owner: Owner, code: str) -> KeptPlan | None:
    asked = {"owner": _named(owner), "code": code}
    return conn.cursor(row_factory=class_row(KeptPlan)).execute(_SQL["newest"], asked).fetchone()


def of_version(conn: Connection[Any], owner: Owner, code: str, version: int) -> KeptPlan | None:
    asked = {"owner": _named(owner), "code": code, "version": version}
    return conn.cursor(row_factory=class_row(KeptPlan)).execute(_SQL["of_version"], asked).fetchone()


def lock(conn: Connection[Any], owner: Owner, code: str) -> None:
    """Until the transaction ends nobody else keeps a version of this plan."""
    conn.execute(_SQL["lock"], {"owner": _named(owner), "code": code})


def put(conn: Connection[Any], owner: Owner, plan: KeptPlan) -> None:
    asked = {
        "owner": _named(owner),
        "code": plan.code,
        "version": plan.version,
        "posted": None if plan.posted is None else Jsonb(plan.posted),
        "who": plan.kept_by,
        "now": plan.kept_at,
        "reason": plan.withdrawn_because,
        "lines": list(plan.lines),
        "since": plan.since,
        "until": plan.until,
    }
    conn.execute(_SQL["put"], asked)


def listed(conn: Connection[Any], owner: Owner, most: int) -> list[KeptName]:
    """Those that were not withdrawn, the last kept first."""
    asked = {"owner": _named(owner), "most": most}
    return conn.cursor(row_factory=class_row(KeptName)).execute(_SQL["listed"], asked).fetchall()


def _named(owner: Owner) -> list[str] | None:
    return None if owner is None else sorted(owner)
