"""The park at one moment, drawn from the last reading of every meter."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting import multiplier
from accounting.quantity import CATALOGUE, Kind
from accounting.sources import SOURCES, UNSETTLED, emitting
from telemetry.reports.picture import Counts, MeterRow, State
from telemetry.reports.roster import Roster
from telemetry.reports.steps import local_time
from telemetry.storage import latest

QUANTITIES = tuple(CATALOGUE)
EMITTERS = (*SOURCES, *UNSETTLED)
"""Quantities that a meter's emissions are told by."""
IMPORT, EXPORT = "energy_import", "energy_export"
_EMITTING = tuple(name for name in SOURCES if CATALOGUE[name].kind is Kind.COUNTER)
COUNTERS = (*_EMITTING, EXPORT)
"""Those whose rise is watched."""
_GAUGES = {
    "energy_import": ("active_power", 1.0),
    "energy_import_amount": ("active_power", 1.0),
    "active_power": ("active_power", 1.0),
    "heat_energy": ("heat_power", 3.6e-3),
}
"""Emitting quantity -> the gauge that shows the same flow, and its unit per hour in that of the gauge."""
POWER = QUANTITIES.index("active_power")
_STATES = (State.LIVE, State.LATE, State.STALE, State.NEVER)
LIVE, LATE, STALE, NEVER = range(4)
NEVER_US = latest.NEVER
_LATENCY_S = 2.0  # from a meter's answer to the picture: one commit and one tick


@dataclass(frozen=True, slots=True, eq=False)
class Last:
    """The last reading of each meter, as the meter showed it."""

    time: NDArray[np.int64]
    """int64[m] [us]; NEVER_US where there is none."""
    values: NDArray[np.float64]
    """float64[m, k] by QUANTITIES; NaN: not read."""

    @classmethod
    def none(cls, meters: int) -> "Last":
        return cls(np.full(meters, NEVER_US), np.full((meters, len(QUANTITIES)), np.nan))


def age_s(dated: NDArray[np.int64], now_us: int) -> NDArray[np.float64]:
    """Age of readings of int64[m] [us], float64[m] [s], never negative; NaN where there is none."""
    age = np.maximum(now_us - np.where(dated == NEVER_US, now_us, dated), 0) / 1e6
    return np.where(dated == NEVER_US, np.nan, age)


def states(age: NDArray[np.float64], interval_s: NDArray[np.float64]) -> NDArray[np.int8]:
    """Live within 2 intervals, late within 5, else stale; int8[m] of LIVE, LATE, STALE, NEVER."""
    state = np.full(age.shape, STALE, np.int8)
    state[age <= 5 * interval_s + _LATENCY_S] = LATE
    state[age <= 2 * interval_s + _LATENCY_S] = LIVE
    state[np.isnan(age)] = NEVER
    return state


def doubted(state: NDArray[np.int8], codes: Sequence[str], failing: Collection[str]) -> NDArray[np.int8]:
    """State of each meter, int8[m]; one that did not answer when it was last asked is late at once."""
    if not failing:
        return state
    silent = np.array([code in failing for code in codes], np.bool_)
    return np.where(silent & (state == LIVE), np.int8(LATE), state)


def by_counter(roster: Roster, last: Last, per_hour: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Electricity meters whose power only their counters tell, bool[m]."""
    rises = per_hour[:, COUNTERS.index(IMPORT)]
    found: NDArray[np.bool_] = roster.electric & np.isnan(last.values[:, POWER]) & ~np.isnan(rises)
    return found


def power_kw(
    roster: Roster, last: Last, per_hour: NDArray[np.float64], shown: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Active power in the line, float64[m] [kW]; NaN where it is not known.

    As the meter shows it; else by the rises `per_hour` float64[m, c] of its counters, by COUNTERS, with
    that of its export where it ever has `shown` one, bool[m, k] by QUANTITIES.
    """
    gauge = last.values[:, POWER] * multiplier.of("active_power", roster.multiplier)
    fed = np.where(shown[:, QUANTITIES.index(EXPORT)], _rise(roster, per_hour, EXPORT), 0.0)
    counted = _rise(roster, per_hour, IMPORT) - fed
    return np.where(roster.electric, np.where(np.isnan(gauge), counted, gauge), np.nan)


def _rise(roster: Roster, per_hour: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Of a counter in the line, float64[m] [unit/h]."""
    found: NDArray[np.float64] = multiplier.of(name, roster.multiplier) * per_hour[:, COUNTERS.index(name)]
    return found


def counted(shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of bool[m, k] `shown`, by QUANTITIES, count as a meter's emissions, bool[m, e] by EMITTERS."""
    found = np.zeros((len(shown), len(EMITTERS)), np.bool_)
    for row, line in enumerate(shown):
        for name in emitting([QUANTITIES[at] for at in np.flatnonzero(line)]):
            found[row, EMITTERS.index(name)] = True
    return found


def flows(roster: Roster, last: Last, per_hour: NDArray[np.float64]) -> NDArray[np.float64]:
    """What flows in the line, float64[m, e] [unit/h] by EMITTERS; NaN: not known.

    A gauge tells it where the meter shows one, else the rise `per_hour` of its counter, by COUNTERS.
    """
    found = np.full((len(roster), len(EMITTERS)), np.nan)
    for name in _EMITTING:
        found[:, EMITTERS.index(name)] = _rise(roster, per_hour, name)
    for name, (gauge, scale) in _GAUGES.items():
        shown = last.values[:, QUANTITIES.index(gauge)] * multiplier.of(gauge, roster.multiplier) * scale
        at = EMITTERS.index(name)
        found[:, at] = np.where(np.isnan(shown), found[:, at], shown)
    return found


def co2_rate(
    roster: Roster, flow: NDArray[np.float64], counted: NDArray[np.bool_], factor: NDArray[np.float64]
) -> NDArray[np.float64]:
    """float64[m] [kg/h] of what counts of flows [unit/h] by factors [kg/unit], float64[m, e].

    One that is not known leaves the meter's rate unknown. Feeding out takes nothing off (GHG Protocol).
    """
    rates = np.where(counted, np.maximum(flow, 0.0) * factor, 0.0).sum(axis=1)
    return np.where(roster.generation | ~counted.any(axis=1), np.nan, rates)


def meter_rows(
    roster: Roster,
    last: Last,
    values: list[dict[str, float]],
    *,
    age: NDArray[np.float64],
    state: NDArray[np.int8],
    power: NDArray[np.float64],
    counted: NDArray[np.bool_],
    rate: NDArray[np.float64],
    zone: ZoneInfo,
) -> list[MeterRow]:
    """One row a meter; power and rate stay those of the last reading, its state says how old they are.

    `counted` bool[m]: whose power their counters tell.
    """
    times = [None if us == NEVER_US else local_time(us, zone) for us in last.time.tolist()]
    named = [_STATES[at] for at in state.tolist()]
    columns = (roster.codes, times, _told(np.round(age, 1)), named)
    amounts = (_told(power), _told(rate), values, counted.tolist())
    return [MeterRow(*row) for row in zip(*columns, *amounts, strict=True)]


def shown(roster: Roster, last: Last, rows: NDArray[np.int64]) -> list[dict[str, float]]:
    """What was read of some meters, by quantity, with their multipliers applied."""
    values = multiplier.primary(last.values[rows], QUANTITIES, roster.multiplier[rows])
    row, column = np.nonzero(~np.isnan(values))
    cells = zip([QUANTITIES[at] for at in column.tolist()], values[row, column].tolist(), strict=True)
    return [dict(islice(cells, count)) for count in np.bincount(row, minlength=len(rows)).tolist()]


def counts(state: NDArray[np.int8]) -> Counts:
    return Counts(*np.bincount(state, minlength=4).tolist())


def _told(values: NDArray[np.float64]) -> list[float | None]:
    """As float64[n], None where a value is not known."""
    told = values.astype(object)
    told[np.isnan(values)] = None
    return cast("list[float | None]", told.tolist())
