"""Gases that escaped, by the potentials of another report than the one they were settled with."""

from msgspec.structs import replace

from accounting.activities import GWP_REPORT
from accounting.gwp import Potentials
from telemetry.reports.factors import FactorUse, Shortfall
from telemetry.reports.inventory_answer import InventoryLine


def restated(line: InventoryLine, potentials: Potentials, report: str) -> InventoryLine:
    """The same mass of the gas; a report that does not list it is a named shortfall."""
    if report == GWP_REPORT:
        return line
    potential = potentials[report].get(line.name)
    if potential is None:
        lacks = [
            Shortfall(f"{report} lists no potential for {line.name}", f.since, f.to) for f in line.factors
        ]
        return replace(line, kg=dict.fromkeys(line.kg), factors=[], shortfalls=lacks)
    ratio = potential / potentials[GWP_REPORT][line.name]
    kg = {gas: None if mass is None else mass * ratio for gas, mass in line.kg.items()}
    return replace(line, kg=kg, factors=[_by(use, line.name, potential, report) for use in line.factors])


def _by(use: FactorUse, gas: str, potential: float, report: str) -> FactorUse:
    return replace(
        use,
        id=f"gwp.{report}.{gas}",
        value=potential,
        edition=report,
        source=f"IPCC {report.upper()}, global warming potential over 100 years",
        why=f"potential of {gas} by {report.upper()}",
    )
