"""What quarter hours cost: each by the band and price that hold in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from accounting.calendar import NO_BAND
from accounting.grid import local_days
from accounting.supply import Held
from accounting.tariff import Tariff
from telemetry.model import Role
from telemetry.reports.series import Cells
from telemetry.reports.steps import Steps
from telemetry.storage.cost import PER_UNIT
from telemetry.storage.registry import Registry

APART = "a virtual meter: the meters that it is reckoned from are priced"
NO_TARIFF = "the park's contract names no tariff"
Kind: TypeAlias = tuple[str, str, bool, str]
"""Tariff, band, whether provisional, and why unpriced; '' in place of none."""


@dataclass(frozen=True, slots=True, eq=False)
class Quarters:
    """Bought quarter hours of meters under the tariff that holds now."""

    rows: Cells
    steps: Steps
    tariff: Tariff | None
    apart: NDArray[np.bool_]
    """Rows that stand beside what they are reckoned from, bool[r]."""
    own: Sequence[tuple[Tariff, NDArray[np.bool_]]] = ()
    """Other tariffs, each with where it holds, bool[r, n]."""

    def kinds(self) -> Iterator[tuple[Kind, Cells, Cells]]:
        """Amounts and costs, in ten thousandths, of each kind; 0 elsewhere."""
        if self.apart.any():
            yield ("", "", False, APART), *self._priced(self.apart[:, None], np.zeros(self._slots))
        ours = ~self.apart[:, None]
        for tariff, held in self.own:
            yield from self._under(tariff, ours & held)
            ours = ours & ~held
        yield from self._under(self.tariff, ours)

    def _under(self, tariff: Tariff | None, ours: NDArray[np.bool_]) -> Iterator[tuple[Kind, Cells, Cells]]:
        if tariff is None:
            yield ("", "", False, NO_TARIFF), *self._priced(ours, np.zeros(self._slots))
            return
        slots = self.steps.grid.slots
        band, prices = tariff.bands_at(slots), tariff.prices_at(slots)
        void = np.isnan(prices.price)
        keys = np.stack([band.astype(np.int64), prices.provisional, void], axis=1)
        for number, provisional, unpriced in np.unique(keys, axis=0).tolist():
            at = (keys == (number, provisional, unpriced)).all(axis=1)
            code = "" if number == NO_BAND else tariff.bands[number].code
            reason = (prices.unpriced or "") if unpriced else ""
            kind = (tariff.code, code, bool(provisional), reason)
            yield kind, *self._priced(ours & at, np.nan_to_num(prices.price))

    def reasons(self, members: NDArray[np.int32]) -> Iterator[tuple[str, date, date]]:
        """Why some of the members' amounts have no price, with the first and last day."""
        mine = np.isin(self.rows.meter_id, members)
        days = local_days(self.steps.zone, self.steps.grid.slots)
        for (*_, reason), amount, _ in self.kinds():
            at = (np.nan_to_num(amount.amount[mine]) != 0).any(axis=0)
            if reason and at.any():
                yield reason, days[at].min().item(), days[at].max().item()

    @property
    def _slots(self) -> int:
        return self.steps.grid.count

    def _priced(self, at: NDArray[np.bool_], price: NDArray[np.float64]) -> tuple[Cells, Cells]:
        amount = np.where(at, self.rows.amount, 0.0)
        return replace(self.rows, amount=amount), replace(self.rows, amount=amount * price * PER_UNIT)


def under_own(
    registry: Registry, rows: Cells, steps: Steps, own: Mapping[str, Held], now: datetime
) -> list[tuple[Tariff, NDArray[np.bool_]]]:
    """Tariffs of areas that are not under the park's, each with where it holds, bool[r, n]."""
    areas = [registry.by_id[meter_id].at(now).area for meter_id in rows.meter_id.tolist()]
    found = []
    days = local_days(steps.zone, steps.grid.slots)
    for held in dict.fromkeys(own.values()):
        inside = np.array([own.get(area) == held for area in areas], np.bool_)
        found.append((held.tariff, inside[:, None] & held.on(days)))
    return found


def standing_apart(registry: Registry, rows: Cells) -> NDArray[np.bool_]:
    """Which rows are of virtual meters that cross no boundary, bool[r]."""
    meters = [registry.by_id[meter_id] for meter_id in rows.meter_id.tolist()]
    return np.array([meter.virtual and meter.terms[-1].role != Role.BOUNDARY for meter in meters], np.bool_)
