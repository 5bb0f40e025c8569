"""The weather over the demo park: temperature, humidity and sunshine as they may be in Dongguan."""

import numpy as np

from telemetry.demo.noise import Array, drifting, key_of

LOCAL_S = 8 * 3600
"""Asia/Shanghai is UTC+8 all year."""
_DAY_S = 86400.0
_YEAR_D = 365.2425
_LATITUDE, _LONGITUDE = np.radians(22.9), 113.9
_SKY, _BREEZE = key_of("sky"), key_of("breeze")


def hour_of_day(t: Array) -> Array:
    """float64[n] [h], local."""
    return ((t + LOCAL_S) % _DAY_S) / 3600


def temperature(t: Array) -> Array:
    """float64[n] [degC]: the season, the hour and a front every few days."""
    season = 22.8 + 6.5 * np.cos(2 * np.pi * (_day_of_year(t) - 200) / _YEAR_D)
    hour = 3.6 * np.cos(2 * np.pi * (hour_of_day(t) - 14.5) / 24)
    return season + hour + 2.5 * drifting(_BREEZE, t, 2.5 * _DAY_S)


def humidity(t: Array) -> Array:
    """float64[n] [%]."""
    return np.clip(76 - 1.8 * (temperature(t) - 24) + 12 * drifting(_SKY + 1, t, _DAY_S / 2), 20, 100)


def irradiance(t: Array) -> Array:
    """float64[n] [W/m2] on the ground: the clear sky of Haurwitz (1945) behind clouds."""
    sine = np.maximum(_sine_of_elevation(t), 1e-9)
    clear = 1098 * sine * np.exp(-0.057 / sine)
    return clear * _clearness(t)


def _clearness(t: Array) -> Array:
    day = 0.72 + 0.26 * drifting(_SKY, t, _DAY_S)
    passing = 0.22 * drifting(_SKY + 2, t, 900) * (1.1 - day)
    return np.clip(day + passing, 0.08, 1.0)


def _sine_of_elevation(t: Array) -> Array:
    declination = -np.radians(23.44) * np.cos(2 * np.pi * (_day_of_year(t) + 10) / _YEAR_D)
    hour_angle = np.radians(((t / 240) % 360) + _LONGITUDE - 180)
    across = np.cos(_LATITUDE) * np.cos(declination) * np.cos(hour_angle)
    return np.asarray(np.sin(_LATITUDE) * np.sin(declination) + across)


def _day_of_year(t: Array) -> Array:
    return (t / _DAY_S) % _YEAR_D
