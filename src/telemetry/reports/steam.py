"""Heat of metered steam by the pressure and temperature that its meter showed in each quarter hour."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from accounting import steam
from accounting.grid import Grid
from accounting.intervals import Settled
from telemetry.reports import evidence
from telemetry.reports.evidence import Task
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges

_PRESSURE, _TEMPERATURE = "steam_pressure", "steam_temperature"
_ATMOSPHERE = 101.325
_ZERO_C = 273.15
_ABOVE_SATURATION = 1.0
"""Steam within so many degrees of saturation counts as dry saturated: a thermometer errs by as much [K]."""
_FLUID = "IF97::Water"
_IF97_KPA, _IF97_CELSIUS = (0.612, 22_000.0), 800.0
"""Saturation reaches from the triple point to the critical one, IF97 to 800 degC."""
Floats = NDArray[np.float64]


def by_state(tx: Transaction, settled: Settled, grid: Grid, task: Task, ranges: Ranges) -> Settled:
    """Settled masses as heat; without a pressure of the quarter hour it is unknown."""
    pressure = evidence.mean(tx, _PRESSURE, grid, task, ranges) + _ATMOSPHERE
    temperature = evidence.mean(tx, _TEMPERATURE, grid, task, ranges)
    amount = np.full(settled.amount.shape, np.nan)
    known = ~np.isnan(settled.amount) & ~np.isnan(pressure)
    amount[known] = steam.heat(settled.amount[known], *enthalpies(pressure[known], temperature[known]))
    covered = np.where(np.isnan(amount), np.float32(0), settled.coverage)
    return replace(settled, amount=amount, coverage=covered.astype(np.float32))


def enthalpies(pressure: Floats, temperature: Floats) -> tuple[Floats, Floats]:
    """Enthalpy at the state, and of dry saturated steam at the pressure, float64[n] each [kJ/kg].

    `pressure` absolute [kPa], `temperature` [degC]; IAPWS-IF97. The first is NaN where the temperature is
    unknown or not above saturation, both where IF97 does not reach.
    """
    from CoolProp.CoolProp import PropsSI  # noqa: PLC0415  # takes seconds, and few parks meter steam so

    state, dry = np.full((2, len(pressure)), np.nan)
    within = (pressure > _IF97_KPA[0]) & (pressure < _IF97_KPA[1])
    if within.any():
        pascal = pressure[within] * 1e3
        dry[within] = PropsSI("H", "P", pascal, "Q", 1.0, _FLUID) / 1e3
        boils = PropsSI("T", "P", pascal, "Q", 1.0, _FLUID) - _ZERO_C
        within[within] = temperature[within] > boils + _ABOVE_SATURATION
    within &= temperature < _IF97_CELSIUS
    if within.any():
        kelvin = temperature[within] + _ZERO_C
        state[within] = PropsSI("H", "P", pressure[within] * 1e3, "T", kelvin, _FLUID) / 1e3
    return state, dry
