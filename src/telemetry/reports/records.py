"""Records as answers show them, and what became of posted rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from telemetry.reports.activities import Rating, shortfall_of, use_of
from telemetry.reports.contract_forms import SHARE
from telemetry.reports.emitted import Revision
from telemetry.reports.errors import QueryError
from telemetry.reports.factors import FactorUse, Shortfall
from telemetry.reports.moment import Moment
from telemetry.storage import records
from telemetry.storage.pool import Transaction
from telemetry.storage.record_emission import RecordEmission
from telemetry.storage.records import Draft, Record, Sort
from telemetry.storage.tenancy import Scope


class Withdrawal(Struct, frozen=True):
    """That a row no longer counts; it stays to be read."""

    by: str
    at: Moment
    reason: str


class RecordMass(Struct, frozen=True):
    """What an activity emitted of one gas, as known now."""

    gas: Annotated[str, Meta(examples=["CO2"])]
    scope: Annotated[str, Meta(examples=["1"])]
    kg: Annotated[float | None, Meta(description="null: see shortfalls; never 0 for want of a factor")]
    factors: list[FactorUse]
    shortfalls: list[Shortfall]


class RecordEntry(Struct, frozen=True, rename={"from_": "from"}):
    """One row: an activity, a certificate, production, a contract or a supplier's rate."""

    id: int
    enterprise: Annotated[
        str, Meta(description="Code of its area; the consumer of certificates and contracts")
    ]
    name: Annotated[str, Meta(description="Kind of the activity, product, technology, supplier")]
    from_: date
    to: Annotated[date, Meta(description="Last day")]
    amount: float
    unit: Annotated[str, Meta(description="% is a share of what the area buys")]
    document: Annotated[str, Meta(description="Number of a certificate or contract")]
    generator: str | None
    vintage: str | None
    heating_value: Annotated[
        float | None, Meta(description="Measured, net [GJ per unit]; null: as tabulated")
    ]
    factor: Annotated[float | None, Meta(description="Of a contract or a supplier")]
    factor_unit: str | None
    source: Annotated[str | None, Meta(description="Where the factor is written")]
    edition: str | None
    published: date | None
    note: str
    posted_by: str
    posted_at: Moment
    withdrawn: Withdrawal | None
    emissions: Annotated[list[RecordMass], Meta(description="Of an activity")]


_SERVING = frozenset({Sort.CERTIFICATE, Sort.CONTRACT, Sort.SUPPLIER_RATE})
"""What serves electricity, market-based."""
_ALL = 100.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one row."""

    record: Record
    new: bool
    """False: it stood already."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where rows are taken in and shown."""

    rating: Rating
    now: datetime
    scope: Scope | None = None
    """Of whoever asks, where they are let in for single areas."""

    @property
    def zone(self) -> ZoneInfo:
        return self.rating.zone

    def keep(self, tx: Transaction, draft: Draft, who: str) -> Kept:
        """Put a row and mark what it touches. Raises QueryError when it contradicts one that stands."""
        for other in records.alike(tx, draft):
            if self.scope and not self.scope.keeps(other.area, *records.span_of(other, self.zone)):
                raise QueryError("registry_id", draft.document, "counts already, for somebody else")
            if other.withdrawn_at is None:
                return Kept(_same(other, draft), new=False)
            if other.says(draft):
                raise _withdrawn(other, draft)
        _fits(records.beside(tx, draft), draft)
        number = records.put(tx, draft, who, self.now)
        [record] = records.of_ids(tx, [number])
        self._mark(tx, record)
        return Kept(record, new=True)

    def withdraw(self, tx: Transaction, record: Record, who: str, reason: str) -> None:
        """Nothing is deleted; once withdrawn, a second time changes nothing."""
        if records.withdraw(tx, record, who, reason, self.now):
            self._mark(tx, record)

    def _mark(self, tx: Transaction, record: Record) -> None:
        if record.sort == Sort.ACTIVITY:
            records.mark(tx, record.id)
        if record.sort in _SERVING:
            records.mark_consumer(tx, record.area, *records.span_of(record, self.zone))

    def entry(self, record: Record) -> RecordEntry:
        withdrawn = None
        if record.withdrawn_at and record.withdrawn_by and record.withdrawn_because:
            at = record.withdrawn_at.astimezone(self.zone)
            withdrawn = Withdrawal(record.withdrawn_by, at, record.withdrawn_because)
        return RecordEntry(
            id=record.id,
            enterprise=record.area,
            name=record.name,
            from_=record.first_day,
            to=record.last_day,
            amount=record.amount,
            unit=record.unit,
            document=record.document,
            generator=record.generator,
            vintage=record.vintage,
            heating_value=record.heating_value,
            factor=record.factor,
            factor_unit=record.factor_unit,
            source=record.source,
            edition=record.edition,
            published=record.published,
            note=record.note,
            posted_by=record.posted_by,
            posted_at=record.posted_at.astimezone(self.zone),
            withdrawn=withdrawn,
            emissions=self._masses(record),
        )

    def _masses(self, record: Record) -> list[RecordMass]:
        if record.sort != Sort.ACTIVITY:
            return []
        rows = [r for r in self.rating.masses(record, self.now) if r.revision == Revision.CURRENT]
        return [_mass([row for row in rows if row.gas == gas]) for gas in sorted({row.gas for row in rows})]


def _mass(rows: Sequence[RecordEmission]) -> RecordMass:
    kg = math.fsum(row.kg for row in rows)
    return RecordMass(
        rows[0].gas,
        str(rows[0].scope),
        None if math.isnan(kg) else kg,
        [use for row in rows if (use := use_of(row))],
        [lack for row in rows if (lack := shortfall_of(row))],
    )


def _same(other: Record, draft: Draft) -> Record:
    if other.says(draft):
        return other
    if draft.sort is Sort.CERTIFICATE:
        told = f"{other.amount:g} MWh for {other.area}, {other.first_day} to {other.last_day}"
        reason = f"counts already, as number {other.id}: {told}; withdraw that first"
        raise QueryError("registry_id", draft.document, reason)
    if other.amount == draft.amount:
        raise QueryError(
            "document", draft.document, f"number {other.id} says something else; withdraw that first"
        )
    field = "quantity" if draft.sort is Sort.PRODUCTION else "amount"
    reason = f"number {other.id} says {other.amount:g} {other.unit} for the same; withdraw that first"
    raise QueryError(field, draft.amount, reason)


def _fits(others: Sequence[Record], draft: Draft) -> None:
    """Raises QueryError for a second supplier's rate on a day, and for shares beyond all that is bought."""
    if draft.sort is Sort.SUPPLIER_RATE and others:
        told = f"number {others[0].id} ({others[0].name}, {others[0].edition})"
        reason = f"{told} answers for some of these days already; withdraw that first"
        raise QueryError("period", f"{draft.first_day}/{draft.last_day}", reason)
    if draft.sort is Sort.CONTRACT and draft.unit == SHARE:
        total = max(_shares(others, day) for day in (draft.first_day, *(each.first_day for each in others)))
        if total + draft.amount > _ALL:
            reason = f"together with the {total:g} % of other contracts it is more than all that is bought"
            raise QueryError("share_percent", draft.amount, reason)


def _shares(contracts: Sequence[Record], day: date) -> float:
    return math.fsum(
        each.amount for each in contracts if each.unit == SHARE and each.first_day <= day <= each.last_day
    )


def _withdrawn(other: Record, draft: Draft) -> QueryError:
    field = "registry_id" if draft.sort is Sort.CERTIFICATE else "document"
    reason = f"the same was withdrawn as number {other.id} by {other.withdrawn_by}: {other.withdrawn_because}"
    return QueryError(field, draft.document, reason)
