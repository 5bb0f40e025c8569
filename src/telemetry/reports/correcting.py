"""The making of corrections: each is checked field by field, and changes what it is meant for or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from accounting.grid import SLOT_US, Grid, to_us
from accounting.quantity import CATALOGUE
from accounting.recipes import SETTLED
from telemetry.reports.correction_forms import (
    FORMS,
    Accept,
    Posted,
    ReadingTo,
    Replace,
    SetAmount,
    Undo,
    Withdraw,
)
from telemetry.reports.errors import QueryError
from telemetry.reports.forms import converted
from telemetry.reports.reckoning import known
from telemetry.reports.steps import moment
from telemetry.storage import corrections, energy, formulas, registry
from telemetry.storage.corrections import Correction, Draft, Kind
from telemetry.storage.energy import QuarterHours
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges
from telemetry.storage.registry import RegisteredMeter

_LONGEST = timedelta(days=366)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where corrections are made."""

    tx: Transaction
    zone: ZoneInfo
    now: datetime

    def make(self, row: Any) -> int:  # noqa: ANN401  # JSON
        """The number of the correction that was made. Raises QueryError and has then to be rolled back."""
        kind = row.get("kind") if isinstance(row, dict) else None
        form = FORMS.get(kind) if isinstance(kind, str) else None
        if form is None:
            raise QueryError("kind", kind, f"is none of {', '.join(FORMS)}")
        posted = converted(row, form)
        makers: Mapping[type[Posted], Callable[[Any], int]] = {
            Replace: self._replace,
            Withdraw: self._withdraw,
            SetAmount: self._set_amount,
            Accept: self._accept,
            Undo: self._undo,
        }
        return makers[type(posted)](posted)

    def _replace(self, posted: Replace) -> int:
        meter = self._meter(posted.meter, posted.quantity)
        values = {}
        for index, each in enumerate(posted.readings):
            at = self._moment(each.time, f"readings[{index}].time")
            if at in values:
                raise QueryError(f"readings[{index}].time", each.time, "stands twice")
            values[at] = each.value
        standing = corrections.standing(self.tx, meter.id, posted.quantity, list(values))
        for index, (at, value) in enumerate(values.items()):
            self._differs(f"readings[{index}]", posted.readings[index], standing.get(at), value)
        draft = self._draft(meter.id, posted.quantity, Kind.REPLACE, posted, min(values), max(values))
        return corrections.replace(self.tx, draft, list(values.items()))

    def _differs(self, field: str, asked: ReadingTo, standing: float | None, value: float) -> None:
        if standing is None:
            raise QueryError(f"{field}.time", asked.time, "no reading of the quantity stands at this time")
        if standing == value:
            raise QueryError(f"{field}.value", value, "is what stands")

    def _withdraw(self, posted: Withdraw) -> int:
        meter = self._meter(posted.meter, posted.quantity)
        lo, hi = self._range(posted.from_, posted.to)
        draft = self._draft(meter.id, posted.quantity, Kind.WITHDRAW, posted, lo, hi - _TICK)
        number, count = corrections.withdraw(self.tx, draft)
        if not count:
            raise QueryError("from", posted.from_, "no reading of the quantity stands between from and to")
        return number

    def _set_amount(self, posted: SetAmount) -> int:
        meter = self._meter(posted.meter, posted.quantity)
        lo, hi = self._range(posted.from_, posted.to)
        if posted.quantity not in SETTLED:
            raise QueryError("quantity", posted.quantity, "is not settled: correct its readings")
        for field, text, at in (("from", posted.from_, lo), ("to", posted.to, hi)):
            if to_us(at) % SLOT_US:
                raise QueryError(field, text, "is not on a quarter hour")
        if hi > self.now:
            raise QueryError("to", posted.to, "is not over yet")
        grid = Grid.covering(to_us(lo), to_us(hi))
        found = known(self.tx, (), np.array([meter.id], np.int32), grid)
        before = found.at((meter.id, posted.quantity), slice(0, grid.count))
        draft = self._draft(meter.id, posted.quantity, Kind.AMOUNT, posted, lo, hi, amount=posted.amount)
        return corrections.set_amount(self.tx, draft, *before)

    def _accept(self, posted: Accept) -> int:
        found = corrections.offered(self.tx, posted.conflict)
        if found is None:
            raise QueryError("conflict", posted.conflict, "there is no conflict of this number")
        corrections.lock(self.tx, found.meter_id)
        standing = corrections.standing(self.tx, found.meter_id, found.quantity, [found.time])
        if standing.get(found.time) in {None, found.offered}:
            raise QueryError("conflict", posted.conflict, "its value stands, or its reading is gone")
        draft = self._draft(
            found.meter_id,
            found.quantity,
            Kind.REPLACE,
            posted,
            found.time,
            found.time,
            conflict_id=posted.conflict,
        )
        return corrections.replace(self.tx, draft, [(found.time, found.offered)])

    def _undo(self, posted: Undo) -> int:
        first = corrections.one(self.tx, posted.correction)
        if first is None:
            raise QueryError("correction", posted.correction, "there is no correction of this number")
        corrections.lock(self.tx, first.meter_id)
        first = corrections.one(self.tx, posted.correction) or first
        self._undoable(first)
        draft = self._draft(
            first.meter_id, first.quantity, Kind.UNDO, posted, first.lo, first.hi, undoes=first.id
        )
        if first.kind != Kind.AMOUNT:
            return corrections.restore(self.tx, draft)
        self._resettle(first)
        return corrections.undo(self.tx, draft)

    def _undoable(self, first: Correction) -> None:
        if first.kind == Kind.UNDO:
            raise QueryError("correction", first.id, "undoes another itself: make that one anew")
        if first.undone_by is not None:
            raise QueryError("correction", first.id, f"is undone already, by {first.undone_by}")
        later = corrections.later(self.tx, first)
        if later is not None:
            raise QueryError("correction", first.id, f"was corrected again: undo {later} first")

    def _resettle(self, first: Correction) -> None:
        """What stood before an amount was set, until it is settled anew from the readings that are kept."""
        amount, coverage = corrections.kept(self.tx, first.id)
        lo, hi = to_us(first.lo), to_us(first.hi)
        part = Ranges(np.array([first.meter_id], np.int32), np.array([lo]), np.array([hi]))
        before = QuarterHours(Grid.covering(lo, hi), amount[None], coverage[None])
        energy.write(self.tx, first.quantity, part, before)
        formulas.spread(self.tx, first.quantity, part)

    def _meter(self, code: str, quantity: str) -> RegisteredMeter:
        found = registry.read(self.tx).by_code.get(code)
        if found is None:
            raise QueryError("meter", code, "no meter has this code")
        if found.virtual:
            raise QueryError("meter", code, "is virtual: correct the meters that it is reckoned from")
        if quantity not in CATALOGUE:
            raise QueryError("quantity", quantity, "is not in the catalogue")
        corrections.lock(self.tx, found.id)
        return found

    def _range(self, from_: str, to: str) -> tuple[datetime, datetime]:
        lo, hi = self._moment(from_, "from"), self._moment(to, "to")
        if hi <= lo:
            raise QueryError("to", to, "has to be after from")
        if hi - lo > _LONGEST:
            raise QueryError("to", to, "is more than a year after from; correct a part at a time")
        return lo, hi

    def _moment(self, text: str, field: str) -> datetime:
        return moment(text, field, self.zone)

    def _draft(  # noqa: PLR0917  # what every correction has
        self,
        meter_id: int,
        quantity: str,
        kind: Kind,
        posted: Posted,
        lo: datetime,
        hi: datetime,
        **more: Any,  # noqa: ANN401  # fields of a draft
    ) -> Draft:
        return Draft(
            meter_id=meter_id,
            quantity=quantity,
            kind=kind,
            lo=lo,
            hi=hi,
            who=posted.who,
            reason=posted.reason,
            **more,
        )
