"""The sun's place against published ones, and a clear sky's power by geometry alone."""

from datetime import datetime

import numpy as np
import pytest

from accounting.grid import to_us
from accounting.sun import Panels, clear_sky, position

LEVEL = Panels(latitude=23.0, longitude=113.7, tilt=0.0, azimuth=180.0, kw=100.0)


def at(*moments: str) -> np.ndarray:
    return np.array([to_us(datetime.fromisoformat(each)) for each in moments], np.int64)


def test_the_suns_place_is_that_of_the_example_in_nrels_algorithm() -> None:
    """Reda and Andreas, NREL/TP-560-34302, table A5.1; that has refraction too, 0.02 degrees."""
    zenith, azimuth = position(at("2003-10-17T12:30:30-07:00"), 39.742476, -105.1786)
    assert np.degrees(zenith[0]) == pytest.approx(50.11162, abs=0.05)
    assert np.degrees(azimuth[0]) == pytest.approx(194.34024, abs=0.05)


def test_the_sun_stands_overhead_on_the_tropic_at_midsummer() -> None:
    times = at("2026-06-21T00:00:00+00:00") + np.arange(1440) * 60_000_000
    assert np.degrees(position(times, 23.44, 0.0)[0].min()) < 0.2
    assert clear_sky(times, Panels(23.44, 0.0, 0.0, 180.0, 1.0)).max() == pytest.approx(
        1.098 * np.exp(-0.059), 1e-3
    )


def test_nothing_is_made_at_night() -> None:
    assert clear_sky(at("2026-11-26T00:00:00+08:00", "2026-11-26T05:00:00+08:00"), LEVEL).tolist() == [
        0.0,
        0.0,
    ]


def test_panels_facing_south_make_more_in_winter_and_east_before_noon() -> None:
    day = at("2026-12-21T00:00:00+08:00") + np.arange(96) * 900_000_000
    level, south, east = (
        clear_sky(day, Panels(23.0, 113.7, tilt, azimuth, 100.0))
        for tilt, azimuth in ((0.0, 180.0), (35.0, 180.0), (35.0, 90.0))
    )
    assert south.sum() > 1.2 * level.sum()
    assert east[:50].sum() > 1.5 * east[50:].sum()
