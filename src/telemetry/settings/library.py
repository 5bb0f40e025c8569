"""The libraries of data: devices, factors, tariffs, schemes; those shipped and the park's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import TypeAdapter

from accounting.charges import Adjustments
from accounting.coal import Coefficient
from accounting.factors import Factor
from accounting.fuels import Fuel
from accounting.gwp import Potentials
from accounting.heating import HeatingValue
from accounting.hourly import HourlySeries
from accounting.scheme import Scheme
from accounting.tariff import Tariff
from ingest.kinds import TEMPLATE
from ingest.template import Template
from telemetry.settings.documents import load_folders
from telemetry.settings.factor_sets import load_factor_sets
from telemetry.settings.mistakes import Mistake
from telemetry.settings.power_factor import load_adjustments

_TARIFF: TypeAdapter[Tariff] = TypeAdapter(Tariff)
_SCHEME: TypeAdapter[Scheme] = TypeAdapter(Scheme)


@dataclass(frozen=True, slots=True)
class Library:
    devices: Mapping[str, Template]
    factors: tuple[Factor, ...]
    regions: Mapping[str, str]
    """Factor region -> the one that answers where it has no factor."""
    tariffs: Mapping[str, Tariff]
    adjustments: Mapping[str, Adjustments]
    """Tables of the power factor."""
    schemes: Mapping[str, Scheme]
    """What rates parks and factories."""
    coal: Mapping[str, Coefficient]
    """Coefficients of standard coal."""
    fuels: Mapping[str, Fuel]
    """Heating value, carbon content and oxidation of fuels."""
    potentials: Potentials
    """Global warming potentials, by report."""
    heating_values: Mapping[str, HeatingValue]
    """Net calorific values that turn a mass of fuel into what a factor per TJ asks for."""
    coal_rates: Mapping[int, float]
    """Year -> coal that power plants burnt for a kWh [kgce], by which the equivalent value rates."""
    series: tuple[HourlySeries, ...]
    """Grid factors by the hour."""

    @property
    def bands(self) -> frozenset[str]:
        """Codes of all that any tariff has."""
        return frozenset(band.code for tariff in self.tariffs.values() for band in tariff.bands)


def library_folder() -> Path:
    """The library that travels with the program: in the wheel, or `config/` of the checkout."""
    packaged = Path(str(files("telemetry"))) / "library"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "config"


def load_library(config_dir: Path | None, mistakes: list[Mistake]) -> Library:
    """Everything that loads; what does not is appended to `mistakes`."""
    roots = [library_folder()]
    if config_dir is not None and not config_dir.samefile(roots[0]):
        roots.append(config_dir)
    sets = load_factor_sets([root / "factors" for root in roots], mistakes)
    return Library(
        devices=load_folders([root / "devices" for root in roots], TEMPLATE, mistakes),
        factors=sets.factors,
        regions=sets.regions,
        tariffs=load_folders([root / "tariffs" for root in roots], _TARIFF, mistakes),
        adjustments=load_adjustments([root / "tariffs" / "power-factor" for root in roots], mistakes),
        schemes=load_folders([root / "schemes" for root in roots], _SCHEME, mistakes),
        coal=sets.coal,
        fuels=sets.fuels,
        potentials=sets.potentials,
        heating_values=sets.heating_values,
        coal_rates=sets.coal_rates,
        series=sets.series,
    )
