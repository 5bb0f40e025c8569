"""The shapes of rates: how the week, the weather and a machine's cycle move a power or a flow."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from telemetry.demo.noise import Array, drifting, held
from telemetry.demo.weather import LOCAL_S, irradiance, temperature

Steps = tuple[tuple[float, float], ...]
"""(hour, level from then on), from hour 0."""
_MONDAY_S = 4 * 86400
"""1970-01-05 was a Monday."""
_WEEK_H = 168.0
_COMFORT_C = 24.0
_SLOW_S, _STOP_S = 1200.0, 1800.0
_STANDING = 0.12


@dataclass(frozen=True)
class Week:
    """Levels over the local week, with a ramp where one follows the other."""

    workday: Steps
    saturday: Steps
    sunday: Steps
    ramp_h: float = 0.2

    def level(self, t: Array) -> Array:
        """float64[n], 1 = full."""
        hours = ((t + LOCAL_S - _MONDAY_S) / 3600) % _WEEK_H
        return np.interp(hours, *self._corners, period=_WEEK_H)

    @cached_property
    def _corners(self) -> tuple[list[float], list[float]]:
        hours: list[float] = []
        levels: list[float] = []
        before = self.sunday[-1][1]
        for hour, level in self._steps():
            hours += [hour, hour + self.ramp_h]
            levels += [before, level]
            before = level
        return hours, levels

    def _steps(self) -> Iterator[tuple[float, float]]:
        for day, steps in enumerate([self.workday] * 5 + [self.saturday, self.sunday]):
            yield from ((24 * day + hour, level) for hour, level in steps)


def every_day(*steps: tuple[float, float]) -> Week:
    return Week(steps, steps, steps)


@dataclass(frozen=True)
class Load:
    """A consumer with a week of its own; the rate is in the unit of its meter [kW, m3/h, t/h ...]."""

    full: float
    week: Week
    noise: float = 0.03
    cycle_s: float = 60.0
    ripple: float = 0.0
    """Depth of the machine cycle, share of the rate."""
    stops: float = 0.0
    """Share of the half hours in which the machine stands, for a mould or a job change."""
    per_kelvin: float = 0.0
    """Growth for each kelvin above 24 degC outside, share of the rate."""

    def rate(self, t: Array, key: int) -> Array:
        """float64[n], never negative."""
        sway = 1 + self.noise * drifting(key, t, _SLOW_S)
        busy = self.full * self.week.level(t) * sway * self._heat(t)
        return busy * self._cycle(t, key) * self._standing(t, key)

    def _heat(self, t: Array) -> Array:
        if not self.per_kelvin:
            return np.ones_like(t)
        return np.maximum(1 + self.per_kelvin * (temperature(t) - _COMFORT_C), 0.2)

    def _cycle(self, t: Array, key: int) -> Array:
        if not self.ripple:
            return np.ones_like(t)
        phase = 2 * np.pi * ((t % self.cycle_s) / self.cycle_s + key % 97 / 97)
        return 1 + self.ripple * (np.sin(phase) + 0.4 * np.sin(2 * phase))

    def _standing(self, t: Array, key: int) -> Array:
        if not self.stops:
            return np.ones_like(t)
        return np.where(held(key + 1, t, _STOP_S) < self.stops, _STANDING, 1.0)


@dataclass(frozen=True)
class Solar:
    """A photovoltaic inverter: what it makes flows out of its area and is negative."""

    peak_kw: float
    standby_kw: float = 0.02

    def rate(self, t: Array, key: int) -> Array:
        """float64[n] [kW]."""
        warm = 1 - 0.004 * (temperature(t) + irradiance(t) * 0.03 - 25)
        soiling = 0.86 + 0.01 * (key % 5)
        made = np.minimum(self.peak_kw * irradiance(t) / 1000 * warm * soiling, 0.95 * self.peak_kw)
        return self.standby_kw - np.where(made > 2 * self.standby_kw, made, 0.0)
