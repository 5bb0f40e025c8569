"""Global warming potentials over 100 years, by assessment report, and of blends by mass."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from accounting.errors import FactorError

REPORTS = ("sar", "ar4", "ar5", "ar6")

Potentials = Mapping[str, Mapping[str, float]]
"""Report -> gas -> kgCO2e/kg."""


def parse(rows: Iterable[Mapping[str, str]]) -> Potentials:
    """Potentials of every report, without the gases it does not list. Raises FactorError naming the line."""
    found: dict[str, dict[str, float]] = {report: {} for report in REPORTS}
    for line, row in enumerate(rows, 2):
        for report in REPORTS:
            if row[report].strip():
                found[report][row["id"]] = _number(line, report, row[report])
    return MappingProxyType({report: MappingProxyType(gases) for report, gases in found.items()})


def co2e(potentials: Potentials, report: str, masses: Mapping[str, float]) -> float:
    """kgCO2e of gas masses [kg], or the potential of a blend from its shares by mass.

    Raises FactorError when the report lists no potential for a gas.
    """
    missing = sorted(gas for gas in masses if gas not in potentials[report])
    if missing:
        raise FactorError(f"{report} lists no potential for {', '.join(missing)}")
    return math.fsum(mass * potentials[report][gas] for gas, mass in masses.items())


def _number(line: int, report: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise FactorError(f"potentials, line {line}: {report} {text!r} is not a number") from error
