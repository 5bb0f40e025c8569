"""Where the sun stands, and what a clear sky lets fall on a tilted panel.

Position: NOAA's solar calculation, after Meeus, Astronomical Algorithms, 1991 (gml.noaa.gov/grad/solcalc).
Clear sky: Haurwitz, Journal of Meteorology 2, 1945, as in Reno, Hansen and Stein, SAND2012-2389, eq. 10.
Diffuse part: Erbs, Klein and Duffie, Solar Energy 28, 1982. Tilt: isotropic sky, Liu and Jordan, 1963.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_DAY_US = 86_400_000_000
_J2000 = 10957.5
"""Days from 1970-01-01 00:00 to 2000-01-01 12:00."""
_SOLAR = 1361.0
"""Solar constant [W/m2], Kopp and Lean 2011."""
_GROUND = 0.2
"""Albedo of Liu and Jordan."""
_LOWEST = np.cos(np.radians(87.0))
"""A lower sun is taken to shine on panels as at 87 degrees from the zenith."""
_DULL, _BRIGHT = 0.22, 0.80
"""Clearness between which Erbs' polynomial holds."""
_STANDARD = 1000.0
"""W/m2 at which panels are rated."""


@dataclass(frozen=True, slots=True)
class Panels:
    """Where panels stand, how they lie, and what they give; degrees, azimuth 180 being south."""

    latitude: float
    longitude: float
    tilt: float
    azimuth: float
    kw: float
    """At 1000 W/m2."""


def position(times: NDArray[np.int64], latitude: float, longitude: float) -> tuple[_Floats, _Floats]:
    """Zenith distance and azimuth from north by east, float64[n] [rad], at times int64[n] [us since 1970]."""
    days = times / _DAY_US
    declination, equation = _sun((days - _J2000) / 36525)
    hour = np.radians((days % 1 * 1440 + equation + 4 * longitude) / 4 - 180)
    at = np.radians(latitude)
    zenith = np.arccos(
        np.clip(np.sin(at) * np.sin(declination) + np.cos(at) * np.cos(declination) * np.cos(hour), -1, 1)
    )
    azimuth = np.pi + np.arctan2(np.sin(hour), np.cos(hour) * np.sin(at) - np.tan(declination) * np.cos(at))
    return zenith, azimuth


def _sun(century: _Floats) -> tuple[_Floats, _Floats]:
    """Declination [rad] and equation of time [min], by Julian centuries since 2000."""
    t = century
    mean = np.radians((280.46646 + t * (36000.76983 + t * 0.0003032)) % 360)
    anomaly = np.radians(357.52911 + t * (35999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = (
        np.sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + np.sin(2 * anomaly) * (0.019993 - 0.000101 * t)
        + np.sin(3 * anomaly) * 0.000289
    )
    node = np.radians(125.04 - 1934.136 * t)
    longitude = mean + np.radians(centre - 0.00569 - 0.00478 * np.sin(node))
    ecliptic = 23 + (26 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60) / 60
    obliquity = np.radians(ecliptic + 0.00256 * np.cos(node))
    y = np.tan(obliquity / 2) ** 2
    equation = (
        y * np.sin(2 * mean)
        - 2 * eccentricity * np.sin(anomaly)
        + 4 * eccentricity * y * np.sin(anomaly) * np.cos(2 * mean)
        - y**2 / 2 * np.sin(4 * mean)
        - 5 / 4 * eccentricity**2 * np.sin(2 * anomaly)
    )
    return np.arcsin(np.sin(obliquity) * np.sin(longitude)), 4 * np.degrees(equation)


def clear_sky(times: NDArray[np.int64], panels: Panels) -> _Floats:
    """Power of panels under a clear sky, float64[n] [kW]; times int64[n] [us since 1970]."""
    zenith, azimuth = position(times, panels.latitude, panels.longitude)
    high = np.maximum(np.cos(zenith), 0.0)
    whole = np.where(high > 0, 1098.0 * high * np.exp(-0.059 / np.maximum(high, 1e-3)), 0.0)
    diffuse = whole * _diffuse_part(whole, high, times)
    tilt = np.radians(panels.tilt)
    facing = np.cos(tilt) * np.cos(zenith) + np.sin(tilt) * np.sin(zenith) * np.cos(
        azimuth - np.radians(panels.azimuth)
    )
    direct = (whole - diffuse) * np.maximum(facing, 0.0) / np.maximum(high, _LOWEST)
    sky, ground = (1 + np.cos(tilt)) / 2, _GROUND * (1 - np.cos(tilt)) / 2
    power: _Floats = panels.kw / _STANDARD * (direct + diffuse * sky + whole * ground)
    return power


def _diffuse_part(whole: _Floats, high: _Floats, times: NDArray[np.int64]) -> _Floats:
    """Of what falls on level ground, by how clear the air is."""
    year = 2 * np.pi * ((times / _DAY_US) % 365.25) / 365.25
    k = whole / np.maximum(_SOLAR * (1 + 0.033 * np.cos(year)) * high, 1e-6)
    middle = 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    return np.where(k <= _DULL, 1 - 0.09 * k, np.where(k <= _BRIGHT, middle, 0.165))
