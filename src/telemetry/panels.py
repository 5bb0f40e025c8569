"""Where a park lies and how its photovoltaic panels do, as the site's file says it."""

from pydantic import Field

from ingest.template import Frozen


class Position(Frozen):
    """Where the park lies, in degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class PanelField(Frozen):
    """How the panels behind a meter lie."""

    tilt: float = Field(ge=0, le=90)
    """From level, in degrees."""
    azimuth: float = Field(180.0, ge=0, lt=360)
    """From north by east: 180 is south."""
    kw_peak: float | None = Field(None, gt=0)
    """Default: rated_kw."""
    performance: float = Field(0.8, gt=0, le=1)
    """Of what a clear sky would make, as long as no days are known to tell."""
