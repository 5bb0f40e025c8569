"""The park at one moment, drawn from the last reading of every meter."""

import math
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting import multiplier
from accounting.quantity import CATALOGUE
from telemetry.reports.picture import AreaRow, Counts, MeterRow, State
from telemetry.reports.roster import Roster
from telemetry.reports.steps import local_time
from telemetry.storage import latest

QUANTITIES = tuple(CATALOGUE)
_POWER = QUANTITIES.index("active_power")
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


def age_s(last: Last, now_us: int) -> NDArray[np.float64]:
    """Age of each reading, float64[m] [s], never negative; NaN where there is none."""
    age = np.maximum(now_us - np.where(last.time == NEVER_US, now_us, last.time), 0) / 1e6
    return np.where(last.time == NEVER_US, np.nan, age)


def states(age: NDArray[np.float64], interval_s: NDArray[np.float64]) -> NDArray[np.int8]:
    """Live within 2 intervals, late within 5, else stale; int8[m] of LIVE, LATE, STALE, NEVER."""
    state = np.full(age.shape, STALE, np.int8)
    state[age <= 5 * interval_s + _LATENCY_S] = LATE
    state[age <= 2 * interval_s + _LATENCY_S] = LIVE
    state[np.isnan(age)] = NEVER
    return state


def power_kw(roster: Roster, last: Last) -> NDArray[np.float64]:
    """Active power in the line, float64[m] [kW]; NaN where none is shown."""
    scaled = last.values[:, _POWER] * multiplier.of("active_power", roster.multiplier)
    return np.where(roster.electric, scaled, np.nan)


def co2_rate(roster: Roster, power: NDArray[np.float64], factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[m] [kg/h] from power [kW] and factor [kg/kWh]; feeding out takes nothing off (GHG Protocol)."""
    return np.where(roster.generation, np.nan, np.maximum(power, 0.0) * factor)


def generated(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """What generators make, float64[m] [kW]: power counts into the meter's area, so making is negative."""
    return 0.0 - power


def summed(members: NDArray[np.bool_], amount: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over members bool[a, m] of what is known, float64[a]; NaN where nothing is."""
    known = ~np.isnan(amount)
    total = members @ np.where(known, amount, 0.0)
    return np.where((members & known).any(axis=1), total, np.nan)


def area_rows(
    roster: Roster, power: NDArray[np.float64], rate: NDArray[np.float64], state: NDArray[np.int8]
) -> list[AreaRow]:
    """Areas by boundary meters; a stale meter counts as unknown, and coverage says so."""
    fresh = np.where(state <= LATE, power, np.nan)
    crossing = roster.boundary & roster.electric
    imported = summed(crossing, fresh)
    made = summed(roster.inside, generated(fresh))
    load = np.where(np.isnan(imported), np.nan, imported + np.nan_to_num(made))
    rates = summed(roster.boundary, np.where(state <= LATE, rate, np.nan))
    members = crossing | roster.inside
    share = (members & ~np.isnan(fresh)).sum(axis=1) / np.maximum(members.sum(axis=1), 1)
    columns = zip(roster.areas, load, imported, made, rates, np.round(share, 4), strict=True)
    return [
        AreaRow(code, _known(kw), _known(bought), _known(own), _known(kg), float(coverage))
        for code, kw, bought, own, kg, coverage in columns
    ]


def meter_rows(
    roster: Roster,
    last: Last,
    values: list[dict[str, float]],
    *,
    age: NDArray[np.float64],
    state: NDArray[np.int8],
    power: NDArray[np.float64],
    rate: NDArray[np.float64],
    zone: ZoneInfo,
) -> list[MeterRow]:
    """One row a meter; power and rate stay those of the last reading, its state says how old they are."""
    times = [None if us == NEVER_US else local_time(us, zone) for us in last.time.tolist()]
    columns = (np.round(age, 1).tolist(), state.tolist(), power.tolist(), rate.tolist())
    return [
        MeterRow(code, time, _known(seconds), _STATES[at], _known(kw), _known(kg), shown)
        for code, time, shown, seconds, at, kw, kg in zip(roster.codes, times, values, *columns, strict=True)
    ]


def shown(roster: Roster, last: Last, row: int) -> dict[str, float]:
    """What was read of one meter, by quantity, with its multiplier applied."""
    one = multiplier.primary(last.values[row : row + 1], QUANTITIES, roster.multiplier[row : row + 1])[0]
    return {
        name: value for name, value in zip(QUANTITIES, one.tolist(), strict=True) if not math.isnan(value)
    }


def counts(state: NDArray[np.int8]) -> Counts:
    return Counts(*np.bincount(state, minlength=4).tolist())


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
