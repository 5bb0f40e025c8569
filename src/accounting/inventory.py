"""An inventory: lines of emissions summed by scope and gas under a named rule set."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from accounting import uncertainty
from accounting.errors import FactorError
from accounting.gwp import Potentials, co2e

_CO2E = "CO2e"
_KYOTO = ("CO2", "CH4", "N2O")
"""What a line must name to cover CO2e, when it is not given as CO2e itself."""


class RuleSet(StrEnum):
    GHGP = "ghgp"
    """GHG Protocol: what is sold reduces neither scope 1 nor 2; avoided emissions stand beside."""
    CN_ENTERPRISE = "cn-enterprise"
    """Chinese guidelines for enterprises (GB/T 32150): power and heat that are sold are taken off."""


class Flow(StrEnum):
    EMITTED = "emitted"
    """On site: fuel, refrigerants, processes."""
    BOUGHT = "bought"
    SOLD = "sold"
    """Power or heat that leaves the boundary, with what it would have emitted where it goes."""
    BIOGENIC = "biogenic"
    """CO2 of biomass: told apart, in no total."""


@dataclass(frozen=True, slots=True)
class Line:
    """Emissions of one source."""

    name: str
    scope: int
    flow: Flow
    gases: Mapping[str, float]
    """Gas -> mass [kg]; NaN: an amount without a factor."""
    market: Mapping[str, float] | None = None
    """The same by the market-based method; None: as `gases`."""
    percent: float = math.nan
    """Uncertainty [%], half the 95 % interval; NaN: not stated."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Totals under one rule set: gas -> mass [kg] by scope, CO2 and CO2e apart."""

    rules: RuleSet
    scopes: Mapping[int, Mapping[str, float]]
    """Location-based in scope 2."""
    market: Mapping[str, float]
    """Scope 2 by the market-based method."""
    avoided: Mapping[str, float]
    """Beside the totals: what was sold, where the rule set takes nothing off."""
    biogenic: Mapping[str, float]
    short: tuple[str, ...]
    """Lines whose amount has no factor: the totals hold them not."""

    def gross(self, gas: str, scopes: Sequence[int] = (1, 2, 3)) -> float:
        """Mass [kg] of one gas over the scopes, location-based."""
        return math.fsum(self.scopes.get(scope, {}).get(gas, 0.0) for scope in scopes)


def inventory(lines: Sequence[Line], rules: RuleSet) -> Inventory:
    """Sum the lines as the rule set says; what has no factor is named and left out of the sums."""
    known = [line for line in lines if not _short(line)]
    short = tuple(line.name for line in lines if _short(line))
    scopes = {scope: _sum(_counted(known, rules, scope), market=False) for scope in (1, 2, 3)}
    sold = [line for line in known if line.flow is Flow.SOLD]
    return Inventory(
        rules=rules,
        scopes={scope: sums for scope, sums in scopes.items() if sums},
        market=_sum(_counted(known, rules, 2), market=True),
        avoided=_sum(((1, line) for line in sold), market=False) if rules is RuleSet.GHGP else {},
        biogenic=_sum(((1, line) for line in known if line.flow is Flow.BIOGENIC), market=False),
        short=short,
    )


def in_co2e(lines: Sequence[Line], potentials: Potentials, report: str) -> float:
    """Mass [kgCO2e] of lines by the potentials of a report (ar4, ar5, ar6).

    Raises FactorError that names the lines whose factors cover CO2 alone: their sum is no CO2e.
    """
    partial = [line.name for line in lines if not _covers_co2e(line)]
    if partial:
        raise FactorError(f"no sum in CO2e: the factors of {', '.join(partial)} do not cover it")
    return math.fsum(
        mass if gas == _CO2E else co2e(potentials, report, {gas.lower(): mass})
        for line in lines
        for gas, mass in line.gases.items()
    )


def uncertainty_of(lines: Sequence[Line], gas: str) -> float:
    """Uncertainty [%] of the sum of one gas by approach 1; NaN when a line states none."""
    having = [line for line in lines if gas in line.gases]
    return uncertainty.of_sum([line.gases[gas] for line in having], [line.percent for line in having])


def intensity(tco2: float, tce: float) -> float:
    """Carbon per energy [tCO2/tce]: energy and process emissions over all energy; NaN without energy.

    The core indicator of the zero-carbon park scheme, 发改环资 [2025] 910.
    """
    return tco2 / tce if tce > 0 else math.nan


def above(tco2: float, tce: float, threshold: float) -> float:
    """Emissions [tCO2] that stand above what a threshold [tCO2/tce] leaves; 0 when it is met."""
    return max(0.0, tco2 - threshold * tce)


def deduction(green_mwh: float, shortfall: float, factor: float) -> float:
    """Green power [tCO2] that the Shenzhen market takes off a shortfall [tCO2], at most all of it.

    `factor` [tCO2/MWh] is that of the market's own edition.
    """
    return min(green_mwh * factor, shortfall)


def _counted(lines: Iterable[Line], rules: RuleSet, scope: int) -> list[tuple[int, Line]]:
    """Lines of a scope with their sign."""
    signs = {Flow.EMITTED: 1, Flow.BOUGHT: 1}
    if rules is RuleSet.CN_ENTERPRISE:
        signs[Flow.SOLD] = -1
    return [(signs[line.flow], line) for line in lines if line.scope == scope and line.flow in signs]


def _sum(signed: Iterable[tuple[int, Line]], *, market: bool) -> dict[str, float]:
    parts: defaultdict[str, list[float]] = defaultdict(list)
    for sign, line in signed:
        masses = line.market if market and line.market is not None else line.gases
        for gas, mass in masses.items():
            parts[gas].append(sign * mass)
    return {gas: math.fsum(masses) for gas, masses in sorted(parts.items())}


def _short(line: Line) -> bool:
    return any(math.isnan(mass) for mass in (*line.gases.values(), *(line.market or {}).values()))


def _covers_co2e(line: Line) -> bool:
    return _CO2E in line.gases or all(gas in line.gases for gas in _KYOTO)
