"""Gas metered at actual conditions as a volume at 0 degC and 101.325 kPa, by pressure and temperature."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounting.grid import Grid
from accounting.intervals import Settled
from accounting.scope1 import at_zero
from telemetry.reports import evidence
from telemetry.reports.evidence import Task
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges

_PRESSURE, _TEMPERATURE = "gas_pressure", "gas_temperature"
_ATMOSPHERE = 101.325
_ZERO_C = 273.15
Floats = NDArray[np.float64]


def by_state(tx: Transaction, settled: Settled, grid: Grid, task: Task, ranges: Ranges) -> Settled:
    """Settled volumes at 0 degC; what is neither shown nor declared of the quarter hour leaves it unknown."""
    meters = [task.meters[meter_id].gas or {} for meter_id in ranges.meter_id.tolist()]
    pressure = _absolute(evidence.mean(tx, _PRESSURE, grid, task, ranges), meters)
    shown = evidence.mean(tx, _TEMPERATURE, grid, task, ranges)
    celsius = np.where(np.isnan(shown), _declared(meters, "supply_celsius"), shown)
    known = ~np.isnan(settled.amount) & (pressure > 0) & (celsius > -_ZERO_C)
    amount = np.full(settled.amount.shape, np.nan)
    amount[known] = at_zero(settled.amount[known], celsius[known], pressure[known])
    covered = np.where(np.isnan(amount), np.float32(0), settled.coverage)
    return replace(settled, amount=amount, coverage=covered.astype(np.float32))


def _absolute(shown: Floats, meters: list[Any]) -> Floats:
    """Absolute pressure [kPa]: as shown, where that is declared; else that of the supply."""
    over = {"absolute": 0.0, "gauge": _ATMOSPHERE}
    added = np.array([over.get(gas.get("pressure"), np.nan) for gas in meters])[:, None]
    measured = shown + added
    return np.where(np.isnan(measured), _declared(meters, "supply_kpa"), measured)


def _declared(meters: list[Any], name: str) -> Floats:
    """Of each meter, float64[m, 1]; NaN where nothing is declared."""
    values = [gas.get(name) for gas in meters]
    return np.array([np.nan if value is None else value for value in values], np.float64)[:, None]


def told(gas: Any) -> str:  # noqa: ANN401  # as the site's file declares it
    """How the volume was made one at 0 degC, for the trail."""
    stated = ", ".join(
        f"{gas[name]:g} {unit}"
        for name, unit in (("supply_kpa", "kPa absolute"), ("supply_celsius", "degC"))
        if gas.get(name) is not None
    )
    assumed = f"; where the meter shows none the supply's is assumed: {stated}" if stated else ""
    kind = f" ({gas['pressure']} as shown)" if gas.get("pressure") else ""
    return "; each quarter hour x 273.15 / (273.15 + degC) x absolute pressure / 101.325 kPa" + kind + assumed
