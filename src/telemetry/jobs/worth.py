"""What settled days are worth in standard coal, by the edition in force on each."""

from collections.abc import Collection, Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from accounting import coal
from accounting.grid import to_us
from accounting.sources import emitting
from telemetry.jobs.basis import Basis
from telemetry.jobs.blocks import Block
from telemetry.model import Role
from telemetry.storage.registry import RegisteredMeter


def worth(
    block: Block,
    meters: Mapping[int, RegisteredMeter],
    shown: Mapping[int, Collection[str]],
    basis: Basis,
) -> NDArray[np.float64]:
    """Worth of a unit on each day, float64[p, d] [tce]; media count only where they cross a boundary.

    `shown` tells what is settled for each meter: of what shows one flow twice, one counts.
    """
    rates = {name: coal.rates(basis.coal, name, block.day) for name in set(block.quantity)}
    found = np.array([rates[name] for name in block.quantity])
    found = found.reshape(len(block.quantity), len(block.day))
    counted = {meter_id: emitting(names) for meter_id, names in shown.items()}
    for pair, (meter_id, name) in enumerate(zip(block.meter_id.tolist(), block.quantity, strict=True)):
        if name in coal.MEDIA:
            found[pair, ~_crossing(meters[meter_id], block.slot[:, 0])] = np.nan
        elif name not in counted[meter_id]:
            found[pair] = np.nan
    return found


def _crossing(meter: RegisteredMeter, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Days on which a meter stands at a boundary, bool[d]."""
    since = np.array([to_us(term.valid_from) for term in meter.terms])
    boundary = np.array([term.role == Role.BOUNDARY for term in meter.terms], bool)
    held: NDArray[np.bool_] = boundary[np.maximum(np.searchsorted(since, starts, side="right") - 1, 0)]
    return held


def coefficient(basis: Basis, quantity: str, day: date) -> str | None:
    applied = coal.applied(basis.coal, quantity, day)
    return applied.id if applied else None
