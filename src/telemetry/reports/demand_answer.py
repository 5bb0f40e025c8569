"""Demand of a billing month as an answer: its maximum so far, what runs now, and how long which load ran."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from accounting.charges import DemandBasis
from accounting.contract import DemandTerms
from accounting.demand import windows
from telemetry.reports.bill import Terms, imported_in, start_of
from telemetry.reports.bill_answer import MaximumDemand, Month, maximum_of
from telemetry.reports.billing_month import BillingMonth, park, stretches
from telemetry.reports.errors import QueryError
from telemetry.reports.maximum import reached
from telemetry.reports.picture import Demand
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_POINTS = np.linspace(0.0, 1.0, 101)
_FREE = 1.05
_ANY = DemandTerms(basis=DemandBasis.ACTUAL, price=Decimal(1), source="")
"""Blocks of 15 minutes, where the contract says nothing."""


class DemandAnswer(Struct, frozen=True):
    """Demand on the contract's window, from measured intervals alone."""

    area: str
    month: Month
    first_day: date
    last_day: date
    zone: str
    basis: Annotated[DemandBasis | None, Meta(description="What is charged; null: the contract says nothing")]
    contract_kw: Annotated[
        float | None, Meta(description="Of the park, or of the area's own supply contract")
    ]
    double_above_kw: Annotated[float | None, Meta(description="105 % of the contract")]
    maximum: MaximumDemand | None
    running: Annotated[
        Demand | None, Meta(description="The 15 minutes that run, at the park's billing point")
    ]
    duration_kw: Annotated[
        list[float],
        Meta(
            description="Load duration: reached or exceeded in 0, 1, ... 100 % of the measured windows;"
            " empty: none was measured",
            examples=[[940.5, 912.0]],
        ),
    ]


def report(  # noqa: PLR0917  # a park, a month, and what runs
    tx: Transaction, registry: Registry, terms: Terms, month: BillingMonth, area: str | None, now: datetime
) -> DemandAnswer:
    """Raises QueryError for an area that is not there. What runs is put in by whoever sees it."""
    whole = terms.own or park(registry)
    code = area or whole
    if code not in {each.code for each in registry.areas}:
        raise QueryError("area", area, "no area has this code")
    held = month.contract.demand
    by = held or _ANY
    parts = list(stretches(registry, month, terms.tariff, terms.zone, terms.apart))
    kwh = imported_in(tx, parts, code, terms.zone, now, by.step_s)
    contract = float(held.contract_kw) if held and held.contract_kw and code == whole else None
    found = None if kwh is None else reached(kwh, start_of(month.first, terms.zone), by)
    return DemandAnswer(
        area=code,
        month=month.label,
        first_day=month.first,
        last_day=month.last,
        zone=terms.site.zone,
        basis=held.basis if held else None,
        contract_kw=contract,
        double_above_kw=None if contract is None else round(contract * _FREE, 6),
        maximum=None if found is None else maximum_of(found, by.window_s, terms.zone),
        running=None,
        duration_kw=duration(kwh, by) if kwh is not None else [],
    )


def duration(kwh: NDArray[np.float64], by: DemandTerms) -> list[float]:
    """Load duration curve, highest first [kW]."""
    mean = windows(kwh, by.step_s, by.window_s, sliding=by.sliding_s is not None)
    known = mean[~np.isnan(mean)]
    return np.round(np.quantile(known, 1 - _POINTS), 3).tolist() if len(known) else []
