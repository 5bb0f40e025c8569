"""The audit log, for whoever may look into it: who changed what, before and after, and from where."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from msgspec import Meta, Struct
from pydantic import StringConstraints

from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.paging import Next, Number, Page, marked
from telemetry.reports.moment import Moment
from telemetry.reports.steps import moment
from telemetry.storage import audit
from telemetry.storage.audit import AuditRow, Sought

_NEWEST = (1 << 63) - 1
_Word = Annotated[str | None, Query(max_length=200)]
_Time = Annotated[str | None, Query(max_length=40, description="RFC 3339 time, or a date")]


class AuditEntry(Struct, frozen=True):
    """One row of one table that was made, changed or taken away."""

    number: Annotated[int, Meta(description="1, 2, 3 ... without a gap")]
    at: Moment
    who: Annotated[str, Meta(description="A key or a person; parkwatt: the service, on behalf of its files")]
    origin: Annotated[str, Meta(examples=["192.0.2.7 POST /api/v1/corrections"])]
    act: Annotated[str, Meta(description="insert, update or delete")]
    kind: Annotated[str, Meta(description="The table", examples=["meter_term"])]
    name: Annotated[str, Meta(description="What was changed, as people name it", examples=["M-101"])]
    before: Annotated[dict[str, Any] | None, Meta(description="null: it was not there")]
    after: Annotated[dict[str, Any] | None, Meta(description="null: it is no more")]
    hash: Annotated[str, Meta(description="SHA-256 over this row and the hash of the one before")]


class AuditProof(Struct, frozen=True):
    """Whether the log is what was written: every hash reckoned anew."""

    rows: Annotated[int, Meta(description="From the first on, that are as they were written")]
    head: Annotated[str, Meta(description="Hash of the last of them; keep it apart from the database")]
    compared: Annotated[int, Meta(description="Heads noted before that agree")]
    broken: Annotated[int | None, Meta(description="The first row that is not, or is missing")]
    reason: Annotated[str, Meta(description="What is wrong with it", examples=["was changed"])]


class AuditList(Struct, frozen=True):
    """The newest first."""

    entries: list[AuditEntry]
    next: Next


EXAMPLE = AuditList(
    [
        AuditEntry(
            number=4711,
            at=datetime.fromisoformat("2026-11-22T08:00:00+08:00"),
            who="li.na",
            origin="192.0.2.7 POST /api/v1/corrections",
            act="insert",
            kind="correction",
            name="M-101",
            before=None,
            after={"id": 12, "kind": "withdraw", "who": "li.na", "reason": "meter was on the bench"},
            hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        )
    ],
    next=marked((4711,)),
)


PROOF_EXAMPLE = AuditProof(4711, EXAMPLE.entries[0].hash, 96, None, "")
_HEAD = r"^\d{1,18}:[0-9a-f]{64}$"
_Head = Annotated[str, StringConstraints(pattern=_HEAD)]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["audit"])

    @routes.get("/audit", responses=documented("The audit log", AuditList), summary="Audit log")
    def listed(
        *,
        who: _Word = None,
        kind: Annotated[str | None, Query(max_length=64, examples=["meter_term"])] = None,
        name: _Word = None,
        text: Annotated[
            str | None, Query(max_length=200, description="Stands somewhere in name, who, before or after")
        ] = None,
        from_: Annotated[_Time, Query(alias="from")] = None,
        to: _Time = None,
        page: Page,
    ) -> Response:
        """Who changed what and when, with before and after; `parkwatt audit verify` proves it whole."""
        zone = dependencies.plan.zone
        sought = Sought(
            below=(page.after(tuple[Number]) or (_NEWEST,))[0],
            limit=page.wanted,
            kind=kind,
            name=name,
            who=who,
            since=None if from_ is None else moment(from_, "from", zone),
            until=None if to is None else moment(to, "to", zone),
            text=text,
        )
        with dependencies.database.connection() as tx:
            found = audit.listed(tx, sought)
        shown, following = page.cut(found, lambda row: (row.number,))
        return answer(AuditList([_entry(row, zone) for row in shown], following))

    @routes.get(
        "/audit/verification",
        responses=documented("Whether it is whole", AuditProof),
        summary="Prove the log",
    )
    def verified(
        head: Annotated[
            list[_Head], Query(max_length=100, description="NUMBER:HASH, as it was told before")
        ] = [],  # noqa: B006  # FastAPI copies it
    ) -> Response:
        """Also by the heads that this service noted in its data folder, and by those that are handed over."""
        handed = {int(number): told for number, _, told in (each.partition(":") for each in head)}
        with dependencies.database.connection() as tx:
            chain = audit.verified(tx, {**dependencies.audit_heads(), **handed})
        return answer(AuditProof(chain.rows, chain.head, chain.compared, chain.broken, chain.reason))

    return routes


def _entry(row: AuditRow, zone: ZoneInfo) -> AuditEntry:
    return AuditEntry(
        number=row.number,
        at=row.at.astimezone(zone),
        who=row.who,
        origin=row.origin,
        act=row.act,
        kind=row.kind,
        name=row.name,
        before=row.before,
        after=row.after,
        hash=row.hash,
    )
