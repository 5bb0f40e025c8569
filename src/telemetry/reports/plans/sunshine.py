"""What photovoltaic meters will make, by a clear sky and what came through lately, or by the days before."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.forecast import TESTED_DAYS, Error, missed
from accounting.grid import SLOT_US
from accounting.sun import Panels, clear_sky
from telemetry.model import Site
from telemetry.reports.plans.clock import Days

_Floats = NDArray[np.float64]
_DAYS = 14


@dataclass(frozen=True, slots=True)
class Field:
    """Panels behind a meter."""

    panels: Panels
    performance: float
    """Of a clear sky, without days that tell."""


def fields_of(site: Site) -> Mapping[str, Field]:
    """By meter, where the site says how its panels lie."""
    where = site.position
    if where is None:
        return {}
    return {
        meter.code: Field(
            Panels(
                where.latitude,
                where.longitude,
                meter.panels.tilt,
                meter.panels.azimuth,
                meter.panels.kw_peak or meter.rated_kw or 0.0,
            ),
            meter.panels.performance,
        )
        for meter in site.meters
        if meter.panels
    }


@dataclass(frozen=True, slots=True, eq=False)
class Sunshine:
    """One meter."""

    made: _Floats
    """On the days before, float64[d, 96] [kW]; NaN where nothing is known."""
    clear: _Floats | None
    """Under a clear sky on these days and those ahead, float64[d + a, 96] [kW]; None: no panels are told."""
    performance: float

    def on(self, day: int) -> _Floats:
        """Forecast of day `day` from those before it, float64[96] [kW]; NaN where they tell nothing."""
        before = self.made[max(day - _DAYS, 0) : min(day, len(self.made))]
        if self.clear is None:
            some = ~np.isnan(before).all(axis=0) if len(before) else np.zeros(before.shape[1], np.bool_)
            mean = np.full(before.shape[1], np.nan)
            mean[some] = np.nanmean(before[:, some], axis=0)
            return mean
        known = ~np.isnan(before)
        most = self.clear[max(day - _DAYS, 0) : min(day, len(self.made))][known].sum()
        share = float(before[known].sum() / most) if most > 0 else self.performance
        through: _Floats = share * self.clear[day]
        return through

    def ahead(self, count: int) -> _Floats:
        """Days after the known ones, float64[count, 96] [kW]; nothing where nothing is known."""
        first = len(self.made)
        days = [self.on(first + at if self.clear is not None else first) for at in range(count)]
        return np.nan_to_num(np.array(days))


def back_test(meters: list[Sunshine]) -> Error | None:
    """Of all meters together over the newest days, each forecast from the days before it alone."""
    count = len(meters[0].made) if meters else 0
    made = [
        (
            np.sum([each.on(day) for each in meters], axis=0),
            np.sum([each.made[day] for each in meters], axis=0),
        )
        for day in range(max(count - TESTED_DAYS, 1), count)
    ]
    return missed(made)


def clear_days(days: Days, panels: Panels) -> _Floats:
    """By quarter hours of local days, float64[d, 96] [kW]."""
    laid: _Floats = days.laid(clear_sky(days.grid.slots + SLOT_US // 2, panels)[None])[0]
    return laid
