"""What days come to by tariff band, and what they cost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from accounting.calendar import NO_BAND
from accounting.grid import to_us
from accounting.prices import by_band
from accounting.supply import Held
from accounting.tariff import Tariff
from telemetry.jobs.basis import Basis
from telemetry.jobs.blocks import Block
from telemetry.reports.cost_hours import APART, NO_TARIFF
from telemetry.storage.registry import RegisteredMeter

PRICED = "energy_import"
_DIGITS = 4
"""Decimals of the currency that a day's cost of a band is kept with."""


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Of each day of each meter and quantity; None and NaN where nothing is to be paid."""

    bands: NDArray[np.object_]
    """Amount by band as a JSON object, object[p, d]."""
    band_costs: NDArray[np.object_]
    """Cost by band as a JSON object, object[p, d]."""
    cost: NDArray[np.float64]
    """float64[p, d]."""
    unpriced: NDArray[np.object_]
    """Why a cost is missing, object[p, d]."""
    tariff: NDArray[np.object_]
    """Code, object[p, d]."""
    provisional: NDArray[np.bool_]


def price(block: Block, basis: Basis, meters: Mapping[int, RegisteredMeter]) -> Priced:
    """Price what is bought from the grid, each meter by the tariff that its area is under."""
    found = _by(block, basis.tariff)
    for held in dict.fromkeys(basis.own_tariffs.values()):
        at = _under(held, block, basis, meters)
        if at.any():
            found = _merged(found, _by(block, held.tariff), at)
    return found


def _under(
    held: Held, block: Block, basis: Basis, meters: Mapping[int, RegisteredMeter]
) -> NDArray[np.bool_]:
    """Days on which meters stand in areas of a tariff that holds, bool[p, d]."""
    areas = {code for code, each in basis.own_tariffs.items() if each == held}
    found = np.zeros(block.amount.shape[:2], bool)
    for row, meter_id in enumerate(block.meter_id.tolist()):
        terms = meters[meter_id].terms
        since = np.array([to_us(term.valid_from) for term in terms])
        inside = np.array([term.area in areas for term in terms], bool)
        found[row] = inside[np.maximum(np.searchsorted(since, block.slot[:, 0], side="right") - 1, 0)]
    return found & held.on(block.day)


def _merged(one: Priced, other: Priced, at: NDArray[np.bool_]) -> Priced:
    """The other's where bool[p, d] says so."""
    both = ((getattr(one, each.name), getattr(other, each.name)) for each in fields(Priced))
    return Priced(*(np.where(at, theirs, ours) for ours, theirs in both))


def _by(block: Block, tariff: Tariff | None) -> Priced:
    shape = block.amount.shape[:2]
    bands, costs, unpriced, code = np.full((4, *shape), None, object)
    found = Priced(bands, costs, np.full(shape, np.nan), unpriced, code, np.zeros(shape, bool))
    rows = np.flatnonzero([name == PRICED for name in block.quantity])
    if tariff is None:
        found.unpriced[rows] = NO_TARIFF
    elif len(rows):
        _fill(found, rows, block, tariff)
    return found


def without(priced: Priced, apart: NDArray[np.bool_], block: Block) -> Priced:
    """The same without a price on the days bool[p, d] that stand apart: what they are made of is priced."""
    bought = apart & np.array([name == PRICED for name in block.quantity], bool)[:, None]
    return Priced(
        priced.bands,
        np.where(apart, np.array(None, object), priced.band_costs),
        np.where(apart, np.nan, priced.cost),
        np.where(bought, np.array(APART, object), priced.unpriced),
        np.where(apart, np.array(None, object), priced.tariff),
        priced.provisional & ~apart,
    )


def _fill(found: Priced, rows: NDArray[np.int64], block: Block, tariff: Tariff) -> None:
    slots = block.slot.ravel()
    band = tariff.bands_at(slots).reshape(block.slot.shape)
    prices = tariff.prices_at(slots)
    price = prices.price.reshape(block.slot.shape)
    amount = np.nan_to_num(block.amount[rows])
    void = (np.isnan(price) & (amount != 0)).any(axis=2)
    cost = np.round(by_band(amount, band, np.nan_to_num(price), len(tariff.bands)), _DIGITS)
    found.cost[rows] = np.where(void, np.nan, cost.sum(axis=2))
    reason = prices.unpriced or f"{tariff.code} does not hold on this day"
    none = np.array(None, object)
    found.unpriced[rows] = np.where(void, np.array(reason, object), none)
    found.tariff[rows] = tariff.code
    found.provisional[rows] = (prices.provisional.reshape(block.slot.shape) & (amount != 0)).any(axis=2)
    found.bands[rows] = _json(by_band(amount, band, np.ones(price.shape), len(tariff.bands)), band, tariff)
    found.band_costs[rows] = np.where(void, none, _json(cost, band, tariff))


def _json(sums: NDArray[np.float64], band: NDArray[np.uint8], tariff: Tariff) -> NDArray[np.object_]:
    """Sums of each band that has any slot in the day, as JSON, object[r, d]."""
    codes = [json.dumps(b.code).replace("%", "%%") for b in tariff.bands]
    there = (band[:, :, None] == np.arange(len(codes))).any(axis=1)
    found = np.full(sums.shape[:2], None, object)
    for day in np.flatnonzero((band != NO_BAND).any(axis=1)):
        places = np.flatnonzero(there[day])
        form = "{" + ", ".join(f"{codes[place]}: %r" for place in places) + "}"
        for row, values in enumerate(sums[:, day, places].tolist()):
            found[row, day] = form % tuple(values)
    return found
