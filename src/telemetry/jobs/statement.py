"""The second stage of settlement: quarter hours become the statement of local days."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from accounting.grid import SLOT_US, local_days, to_us
from accounting.quantity import CATALOGUE
from accounting.recipes import recipes_of, undeclared
from telemetry.jobs import blocks, carbon
from telemetry.jobs.basis import Basis
from telemetry.jobs.blocks import Block
from telemetry.jobs.pricing import Priced, price, without
from telemetry.jobs.ranges import DAY_US, groups, joined, picked
from telemetry.jobs.worth import coefficient, worth
from telemetry.model import Role
from telemetry.storage import corrections, daily, emission, monthly, seen
from telemetry.storage.daily import Days, Statement
from telemetry.storage.dirty import Marks
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges
from telemetry.storage.registry import RegisteredMeter

_SLOTS = 200_000
"""Meter-slots of a range settled in one go, each of a few quantities: what bounds the memory."""
_PER_HOUR = 4

Meters = Mapping[int, RegisteredMeter]
Moved = Mapping[int, Mapping[str, bool]]
"""Meter -> quantity that it shows -> whether it ever stood off zero."""


def settle(tx: Transaction, meters: Meters, marks: Marks, basis: Basis, now: datetime) -> None:
    """Make the statement of the local days that the marks touch."""
    ranges = joined(Ranges(marks.meter_id, marks.lo, marks.hi), DAY_US)
    for group in groups(ranges, _SLOTS):
        _settle(tx, meters, picked(ranges, group), basis, now)


def _settle(tx: Transaction, meters: Meters, ranges: Ranges, basis: Basis, now: datetime) -> None:
    first = local_days(basis.zone, ranges.lo)
    last = local_days(basis.zone, np.maximum(ranges.hi - 1, ranges.lo))
    moved = seen.of_meters(tx, np.unique(ranges.meter_id))
    shown = _shown(tx, ranges, meters, moved)
    stood = {meter: names | undeclared(_told(moved, meters, meter)) for meter, names in shown.items()}
    span = blocks.Span(basis.zone, first.min().item(), last.max().item())
    block = blocks.read(tx, ranges.meter_id, sorted(set().union(*stood.values())), span)
    block = blocks.completed(block, [(meter, name) for meter, names in stood.items() for name in names])
    wanted = _wanted(block, ranges.meter_id, first, last)
    known = np.any(~np.isnan(block.amount), axis=2)
    gone = _days(block, wanted & ~known)
    _remove(tx, gone)
    apart = _apart(block, meters)
    priced = without(price(block, basis, meters), apart, block)
    coal = np.where(apart, np.nan, worth(block, meters, shown, basis))
    rows = _statement(block, wanted & known, priced, basis, coal)
    since = local_days(basis.zone, daily.first_settled(tx, rows, now))
    daily.write(tx, rows, now)
    amounts = carbon.Amounts(rows.meter_id, rows.quantity, rows.day, rows.amount, since)
    amounts = amounts.picked(np.flatnonzero(~apart[wanted & known]))
    today = now.astimezone(basis.zone).date()
    emission.replace(tx, rows, carbon.emissions(amounts, meters, shown, basis, today), now)
    monthly.refresh(tx, gone)
    monthly.refresh(tx, rows)


def _told(moved: Moved, meters: Meters, meter_id: int) -> set[str]:
    """What a meter shows and declares."""
    return {*moved.get(meter_id, {}), *meters[meter_id].declared}


def _shown(tx: Transaction, ranges: Ranges, meters: Meters, moved: Moved) -> dict[int, frozenset[str]]:
    """What is settled for each meter, or was while a formula or a person told it."""
    set_by_hand = corrections.quantities(tx, np.unique(ranges.meter_id))
    virtual = [meter_id for meter_id in set(ranges.meter_id.tolist()) if meters[meter_id].virtual]
    before = monthly.quantities(tx, virtual) if virtual else {}
    return {
        meter_id: frozenset(recipe.target for recipe in recipes_of(_told(moved, meters, meter_id))).union(
            set_by_hand.get(meter_id, ()),
            before.get(meter_id, ()),
            *(term.formula or () for term in meters[meter_id].terms),
        )
        for meter_id in np.unique(ranges.meter_id).tolist()
    }


def _apart(block: Block, meters: Meters) -> NDArray[np.bool_]:
    """Days on which a virtual meter stands beside its terms, bool[p, d]; at a boundary it stands for them."""
    found = np.zeros(block.amount.shape[:2], bool)
    for row, meter_id in enumerate(block.meter_id.tolist()):
        terms = meters[meter_id].terms
        if any(term.formula for term in terms):
            since = np.array([to_us(term.valid_from) for term in terms])
            held = np.searchsorted(since, block.slot[:, 0], side="right") - 1
            beside = [term.formula is not None and term.role != Role.BOUNDARY for term in terms]
            found[row] = np.array(beside, bool)[np.maximum(held, 0)]
    return found


def _wanted(
    block: Block, meter_id: NDArray[np.int32], first: NDArray[np.datetime64], last: NDArray[np.datetime64]
) -> NDArray[np.bool_]:
    """Which days of which meters the ranges touch, bool[p, d]."""
    wanted = np.zeros(block.amount.shape[:2], bool)
    for meter, since, until in zip(meter_id, first, last, strict=True):
        wanted[np.ix_(block.meter_id == meter, (block.day >= since) & (block.day <= until))] = True
    return wanted


def _days(block: Block, which: NDArray[np.bool_]) -> Days:
    pair, day = np.nonzero(which)
    return Days(block.meter_id[pair], [block.quantity[n] for n in pair.tolist()], block.day[day])


def _remove(tx: Transaction, gone: Days) -> None:
    daily.remove(tx, gone)
    emission.remove(tx, gone)


def _statement(
    block: Block, which: NDArray[np.bool_], priced: Priced, basis: Basis, coal: NDArray[np.float64]
) -> Statement:
    keys = _days(block, which)
    amount = np.nansum(block.amount, axis=2)
    estimated = np.nansum(np.where(block.coverage < 1, block.amount, 0.0), axis=2)
    coverage = block.coverage.sum(axis=2, dtype=np.float64) / block.length
    peak, peak_at = _peaks(block)
    tce = (coal * amount)[which]
    return Statement(
        keys.meter_id,
        keys.quantity,
        keys.day,
        amount=amount[which],
        coverage=coverage[which],
        estimated=estimated[which],
        peak=peak[which],
        peak_at=peak_at[which],
        bands=priced.bands[which].tolist(),
        band_costs=priced.band_costs[which].tolist(),
        cost=priced.cost[which],
        unpriced=priced.unpriced[which].tolist(),
        tariff=priced.tariff[which].tolist(),
        provisional=priced.provisional[which],
        tce=tce,
        coefficient=_coefficients(keys, tce, basis),
    )


def _coefficients(keys: Days, tce: NDArray[np.float64], basis: Basis) -> list[str | None]:
    """By which coefficient each row has its worth."""
    those = list(zip(keys.quantity, keys.day.tolist(), np.isnan(tce).tolist(), strict=True))
    applied = {(name, day): coefficient(basis, name, day) for name, day, none in set(those) if not none}
    return [applied.get((name, day)) if not none else None for name, day, none in those]


def _peaks(block: Block) -> tuple[NDArray[np.float64], NDArray[np.datetime64]]:
    """Highest mean power of each day's fully measured quarter hours [kW], and where it starts."""
    electric = np.array([CATALOGUE[name].unit == "kWh" for name in block.quantity], bool)
    measured = (block.coverage >= 1) & electric[:, None, None]
    power = np.where(measured, block.amount * _PER_HOUR, -np.inf)
    at = power.argmax(axis=2)
    peak = np.take_along_axis(power, at[:, :, None], axis=2)[:, :, 0]
    start = (block.slot[None, :, 0] + at * SLOT_US).astype("M8[us]")
    return np.where(np.isneginf(peak), np.nan, peak), start
