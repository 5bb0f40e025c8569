"""Activities that no meter shows: their kinds, their units, and what they emit by which factor."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import groupby
from types import MappingProxyType

import numpy as np

from accounting.coal import Coefficient, in_force, measured
from accounting.emissions import choose_of, rate
from accounting.errors import FactorError, UnitError
from accounting.factors import Choice, Factor, Rule
from accounting.fuels import Fuel
from accounting.gwp import Potentials
from accounting.heating import HeatingValue
from accounting.scope1 import burnt, direct, escaped, reacted
from accounting.sources import ELECTRICITY, HEAT, Source, normal_volume

COMBUSTION = "combustion"
PROCESS = "process"
FUGITIVE = "fugitive"
GWP_REPORT = "ar5"
"""The report by whose potentials gases that escape are rated."""

_DIRECT = frozenset({COMBUSTION, PROCESS})
_BOUGHT: Mapping[str, Source] = MappingProxyType({"electricity": ELECTRICITY, "heat": HEAT, "steam": HEAT})

UNITS: Mapping[str, tuple[tuple[str, float], ...]] = MappingProxyType(
    {
        "t": (("t", 1.0), ("kg", 1e3)),
        "kg": (("kg", 1.0), ("t", 1e-3)),
        "L": (("L", 1.0),),
        "m3": (("m3", 1.0),),
        "m3_0c": (("1e4Nm3", 1e-4),),
        "m3_15c": (("1e4Nm3", normal_volume(15.0) * 1e-4),),
        "m3_20c": (("1e4Nm3", normal_volume(20.0) * 1e-4),),
        "1e4m3_0c": (("1e4Nm3", 1.0),),
        "GJ": (("GJ", 1.0), ("kWh", 1e6 / 3600)),
        "MJ": (("GJ", 1e-3), ("kWh", 1 / 3.6)),
        "TJ": (("TJ(net)", 1.0), ("GJ", 1e3)),
        "kWh": (("kWh", 1.0), ("MWh", 1e-3), ("GJ", 3.6e-3)),
        "MWh": (("MWh", 1.0), ("kWh", 1e3), ("GJ", 3.6)),
    }
)
"""Unit of an activity -> what a factor may be per, best first, and how many of it one unit is.

A volume of gas says at which temperature it was measured, at 101.325 kPa; TJ are of net heating value."""


_COAL: Mapping[str, str] = MappingProxyType(
    {
        "electricity": "electricity_eq",
        "heat": "heat_eq",
        "steam": "heat_eq",
        "natural_gas": "gas_gasfield",
        "crude_oil": "crude",
        "washed_coal": "cleaned_coal",
    }
)
"""Kinds whose coefficient of standard coal bears another name."""
_COAL_PER: Mapping[str, tuple[str, float]] = MappingProxyType({"m3": ("1e4Nm3", 1e4), "MJ": ("GJ", 1e3)})


def worth(  # what an activity says of itself
    coefficients: Mapping[str, Coefficient],
    kind: str,
    unit: str,
    day: date,
    heating_value: float | None = None,
) -> tuple[Coefficient, float] | None:
    """The coefficient of standard coal of a kind, and the worth of a unit of it [tce]; None: not tabulated.

    GB/T 2589, calorific values; its m3 of gas are at 0 degC. A measured net `heating_value` [GJ/unit] goes by
    29 307 kJ/kgce in place of a table.
    """
    if heating_value is not None:
        own = _of_measured(heating_value, unit)
        return own, own.kgce / 1e3
    found = in_force(coefficients, _COAL.get(kind, kind), day)
    if found is None:
        return None
    name, each = _COAL_PER.get(found.per, (found.per, 1.0))
    ratio = dict(UNITS[unit]).get(name)
    return None if ratio is None else (found, found.kgce * ratio * each / 1e3)


def _of_measured(heating_value: float, unit: str) -> Coefficient:
    return Coefficient(
        id="measured",
        name_en="Measured net calorific value",
        name_zh="实测低位发热量",
        kgce=measured(heating_value * 1e6),
        per=unit,
        basis="calorific",
        edition="2008/2020",
        source="the document of the activity, 29 307 kJ/kgce",
        verified="VERIFIED",
    )


@dataclass(frozen=True, slots=True)
class Run:
    """Days of an activity that have one factor."""

    gas: str
    first: date
    last: date
    """Included."""
    choice: Choice
    per_unit: float
    """Mass of the gas per unit of the activity [kg], NaN without a factor."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind of activity that the library can rate, or could in another region."""

    factors: Sequence[Factor]
    potentials: Potentials
    fuels: Mapping[str, Fuel] = field(default_factory=dict)
    """Carbon content and oxidation, for measured heating values."""
    heating: Mapping[str, HeatingValue] = field(default_factory=dict)
    """Of fuels by mass, for factors per energy."""

    def names(self) -> list[str]:
        direct = {factor.item for factor in self.factors if factor.purpose in _DIRECT and factor.item}
        return sorted(direct | _BOUGHT.keys() | self._gases().keys())

    def has_carbon(self, kind: str) -> bool:
        """Whether a measured heating value of the kind can be used."""
        return any(_fuel_of(factor, self.fuels) for factor in self._about(kind))

    def check(self, kind: str, unit: str, regions: Sequence[str]) -> None:
        """Raises FactorError for a kind that is not known, UnitError for a unit that does not fit it."""
        if kind not in self.names():
            near = get_close_matches(kind, self.names(), n=1)
            raise FactorError("is no kind of activity" + (f"; did you mean {near[0]!r}?" if near else ""))
        fitting = self.units(kind, regions)
        if unit not in fitting:
            raise UnitError(f"does not fit {kind}, which is counted in {', '.join(fitting)}")

    def units(self, kind: str, regions: Sequence[str]) -> list[str]:
        """Units that factors of the regions can be applied to; where they have none, those of any region."""
        if kind in self._gases():
            return ["kg", "t"]
        found = self._about(kind)
        per = {f.unit_denominator for f in found if f.region in regions} or {
            f.unit_denominator for f in found
        }
        return [unit for unit in UNITS if any(name in per for name, _ in self._per(kind, unit))]

    def scope(self, kind: str) -> int:
        """1 for what burns or escapes here, 2 for what is bought."""
        return _BOUGHT[kind].scope if kind in _BOUGHT else 1

    def runs(  # noqa: PLR0917  # what an activity says of itself
        self,
        kind: str,
        unit: str,
        days: tuple[date, date],
        known: date,
        regions: Sequence[str],
        heating_value: float | None = None,
    ) -> list[Run]:
        """Factors of the days first..last as known on `known` or on a later day itself, by gas.

        A gas that a factor names only on some days has a shortfall on the others. With a measured net
        `heating_value` [GJ/unit] CO2 follows from it and the carbon content of the factor's fuel.
        """
        if kind in self._gases():
            return [self._escaped(kind, unit, days)]
        source = self._source(kind, unit)
        near = [factor for factor in self._about(kind) if factor.region in regions]
        gases = sorted({factor.gas for factor in near if dict(source.per).get(factor.unit_denominator)})
        rows = [
            (lo, hi, choose_of(of_gas, source, day=lo, known=max(lo, known), regions=regions), gas)
            for gas in gases or ["CO2"]
            for of_gas in [[factor for factor in near if factor.gas == gas]]
            for lo, hi in _alike_days(of_gas, *days)
        ]
        found = [_run(list(group), source) for _, group in groupby(rows, _alike)]
        return found if heating_value is None else [self._measured(run, unit, heating_value) for run in found]

    def mass(self, kind: str, amount: float, run: Run) -> float:
        """Mass of the run's gas [kg] that an amount of an activity comes to."""
        one = np.array([amount])
        if kind in self._gases():
            return float(escaped(0.0, one, 0.0)[0]) * run.per_unit
        factor = run.choice.factor
        of = reacted if factor is not None and factor.purpose == PROCESS else direct
        return float(of(one, run.per_unit)[0])

    def _measured(self, run: Run, unit: str, heating_value: float) -> Run:
        factor = run.choice.factor
        fuel = _fuel_of(factor, self.fuels) if factor and run.gas == "CO2" else None
        if fuel is None:
            return run
        tonnes = burnt(np.ones(1), heating_value, fuel.carbon, fuel.oxidation)
        told = f"{run.choice.why}; measured {heating_value:g} GJ/{unit} in place of its heating value"
        return replace(run, choice=replace(run.choice, why=told), per_unit=float(tonnes[0]) * 1e3)

    def _about(self, kind: str) -> list[Factor]:
        bought = _BOUGHT.get(kind)
        purposes, item = ({bought.purpose}, bought.item) if bought else (_DIRECT, kind)
        return [f for f in self.factors if f.purpose in purposes and f.item == item]

    def _source(self, kind: str, unit: str) -> Source:
        bought = _BOUGHT.get(kind)
        if bought:
            return Source(bought.scope, bought.purpose, bought.item, UNITS[unit])
        purpose = next((f.purpose for f in self._about(kind)), COMBUSTION)
        return Source(1, purpose, kind, self._per(kind, unit))

    def _per(self, kind: str, unit: str) -> tuple[tuple[str, float], ...]:
        """What a factor may be per; a mass of fuel is also its energy where a heating value is known."""
        tonnes, value = dict(UNITS[unit]).get("t"), self.heating.get(kind)
        energy = () if tonnes is None or value is None else (("TJ(net)", tonnes * value.gj_per_t * 1e-3),)
        return (*UNITS[unit], *energy)

    def _gases(self) -> Mapping[str, float]:
        return self.potentials.get(GWP_REPORT, {})

    def is_energy(self, kind: str) -> bool:
        """False for gases that escape."""
        return kind not in self._gases()

    def by_id(self) -> Mapping[str, Factor]:
        """Every factor that a run may name."""
        return {factor.id: factor for factor in (*self.factors, *map(self._potential, self._gases()))}

    def _escaped(self, kind: str, unit: str, days: tuple[date, date]) -> Run:
        factor, why = self._potential(kind), f"potential of {kind} by {GWP_REPORT.upper()}"
        per_unit = factor.value * dict(UNITS[unit])["kg"]
        return Run("CO2e", *days, Choice(factor, Rule.NO_YEAR, why, factor.region), per_unit)

    def _potential(self, kind: str) -> Factor:
        return Factor(
            id=f"gwp.{GWP_REPORT}.{kind}",
            value=self._gases()[kind],
            unit_numerator="kgCO2e",
            unit_denominator="kg",
            gas="CO2e",
            scope=1,
            region="GLOBAL",
            year=None,
            valid_from=None,
            valid_to=None,
            purpose=FUGITIVE,
            edition=GWP_REPORT,
            published=None,
            source=f"IPCC {GWP_REPORT.upper()}, global warming potential over 100 years",
            name_en=kind,
            name_zh=kind,
            verified="VERIFIED",
            item=kind,
        )


def _fuel_of(factor: Factor, fuels: Mapping[str, Fuel]) -> Fuel | None:
    """The fuel by whose parameters a factor was reckoned."""
    return fuels.get(f"cn{factor.id.removeprefix('cn.fuel')}")


_Days = tuple[date, date, Choice, str]


def _alike(row: _Days) -> tuple[str, str, str]:
    """Days alike are one run; a shortfall names its day, and is one all the same."""
    _, _, choice, gas = row
    return (gas, choice.factor.id, choice.why) if choice.factor else (gas, "", choice.rule)


def _run(days: Sequence[_Days], source: Source) -> Run:
    first, _, choice, gas = days[0]
    per_unit = rate(source, choice.factor) if choice.factor else float("nan")
    return Run(gas, first, days[-1][1], choice, per_unit)


def _alike_days(factors: Sequence[Factor], first: date, last: date) -> Iterator[tuple[date, date]]:
    """Runs of days over which nothing of the factors begins or ends."""
    turns = {day for factor in factors for day in _turns(factor) if first < day <= last}
    starts = sorted({first, *turns})
    ends = [day - timedelta(days=1) for day in starts[1:]]
    return zip(starts, [*ends, last], strict=True)


def _turns(factor: Factor) -> Iterator[date]:
    """Days on which it becomes known, comes into force, or ceases."""
    yield factor.known_from
    if factor.withdrawn:
        yield factor.withdrawn
    if factor.valid_from:
        yield factor.valid_from
    if factor.valid_to and factor.valid_to < date.max:
        yield factor.valid_to + timedelta(days=1)
