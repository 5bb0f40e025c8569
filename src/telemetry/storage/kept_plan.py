"""Production plans that planners kept, version by version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from telemetry.storage import queries

_SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """One version; without a plan it says why there is none any more."""

    code: str
    version: int
    posted: dict[str, Any] | None
    kept_by: str
    kept_at: datetime
    withdrawn_because: str | None


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


def newest(conn: Connection[Any], code: str) -> KeptPlan | None:
    return conn.cursor(row_factory=class_row(KeptPlan)).execute(_SQL["newest"], {"code": code}).fetchone()


def of_version(conn: Connection[Any], code: str, version: int) -> KeptPlan | None:
    asked = {"code": code, "version": version}
    return conn.cursor(row_factory=class_row(KeptPlan)).execute(_SQL["of_version"], asked).fetchone()


def lock(conn: Connection[Any], code: str) -> None:
    """Until the transaction ends nobody else keeps a version of this plan."""
    conn.execute(_SQL["lock"], {"code": code})


def put(conn: Connection[Any], plan: KeptPlan) -> None:
    asked = {
        "code": plan.code,
        "version": plan.version,
        "posted": None if plan.posted is None else Jsonb(plan.posted),
        "who": plan.kept_by,
        "now": plan.kept_at,
        "reason": plan.withdrawn_because,
    }
    conn.execute(_SQL["put"], asked)


def listed(conn: Connection[Any], most: int) -> list[KeptName]:
    """Those that were not withdrawn, the last kept first."""
    return conn.cursor(row_factory=class_row(KeptName)).execute(_SQL["listed"], {"most": most}).fetchall()
