"""What activities emit: reckoned from the library of factors, and laid on the intervals of a report."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from accounting.activities import UNITS, Kinds, Run
from accounting.factors import Factor
from accounting.grid import to_us
from accounting.quantity import Carrier
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question
from telemetry.reports.factors import FactorUse, Shortfall, Used, uses
from telemetry.reports.membership import By, enterprise_of, lineage, tops
from telemetry.reports.names import Name
from telemetry.reports.steps import Step, Steps
from telemetry.storage import record_emission, records
from telemetry.storage.pool import Transaction
from telemetry.storage.record_emission import RecordEmission
from telemetry.storage.records import Record
from telemetry.storage.registry import Registry

FUGITIVE = "fugitive"
FUGITIVE_NAME = Name("Escaped gases", "逸散气体")
_CARRIERS = {
    "electricity": Carrier.ELECTRICITY,
    "heat": Carrier.HEAT,
    "steam": Carrier.STEAM,
    "natural_gas": Carrier.GAS,
}


@dataclass(frozen=True, slots=True)
class Rating:
    """What activities of a park are rated by."""

    kinds: Kinds
    regions: tuple[str, ...]
    """The park's, then those that answer for it."""
    zone: ZoneInfo

    def masses(self, record: Record, now: datetime) -> list[RecordEmission]:
        """As reported: with the factors known when it was posted; as current: with those known now."""
        known = {
            Revision.REPORTED: record.posted_at.astimezone(self.zone).date(),
            Revision.CURRENT: now.astimezone(self.zone).date(),
        }
        return [row for revision, day in known.items() for row in self._of(record, revision, day)]

    def _of(self, record: Record, revision: Revision, known: date) -> Iterator[RecordEmission]:
        days = (record.first_day, record.last_day)
        for run in self.kinds.runs(record.name, record.unit, days, known, self.regions, record.heating_value):
            amount = record.amount * ((run.last - run.first).days + 1) / record.days
            factor = run.choice.factor
            yield RecordEmission(
                record_id=record.id,
                revision=revision.value,
                gas=run.gas,
                first_day=run.first,
                last_day=run.last,
                scope=self.kinds.scope(record.name),
                amount=amount,
                kg=self.kinds.mass(record.name, amount, run),
                factor=factor.id if factor else None,
                shortfall=run.choice.shortfall,
                evidence=_evidence(run),
            )


def _evidence(run: Run) -> Mapping[str, object] | None:
    found = uses([Used(run.first, run.choice), Used(run.last, run.choice)])
    return msgspec.to_builtins(found[0]) if found else None


def conversion_of(row: RecordEmission, unit: str, factor: Factor) -> float | None:
    """How many of what the factor is per one unit was, by the unit alone or by a heating value."""
    listed = dict(UNITS[unit]).get(factor.unit_denominator)
    if not row.amount or not factor.kg:
        return listed
    took = row.kg / (row.amount * factor.kg)
    return listed if listed is not None and math.isclose(listed, took, rel_tol=1e-9) else took


def use_of(row: RecordEmission) -> FactorUse | None:
    return msgspec.convert(row.evidence, FactorUse, strict=False) if row.evidence else None


def shortfall_of(row: RecordEmission) -> Shortfall | None:
    return Shortfall(row.shortfall, row.first_day, row.last_day) if row.shortfall else None


def carrier_of(kind: str, gas: str, factor: str | None) -> str:
    if gas == "CO2e" and factor and factor.startswith("gwp."):
        return FUGITIVE
    return _CARRIERS.get(kind, Carrier.FUEL).value


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """The mass of one gas from one kind of activity in one group, on the intervals of a question."""

    key: str
    kind: str
    carrier: str
    scope: int
    gas: str
    kg: NDArray[np.float64]
    """float64[k], NaN where nothing is known."""
    coverage: NDArray[np.float64]
    """Share of the interval that documents speak of, float64[k]."""
    estimated: NDArray[np.bool_]
    """Where a document speaks of more than the interval, bool[k]."""
    factors: list[FactorUse]
    shortfalls: list[Shortfall]


@dataclass(frozen=True, slots=True)
class Part:
    """What one activity adds to a group."""

    record: Record
    mass: RecordEmission


def parts(
    tx: Transaction, registry: Registry, question: Question, revision: Revision
) -> dict[tuple[str, str, int, str], list[Part]]:
    """By group, kind, scope and gas; none where meters or their quantities are asked for."""
    selection = question.selection
    if selection.by is By.METER or selection.meters or question.quantities:
        return {}
    masses = record_emission.select(tx, *question.steps.days, revision.value)
    known = {each.id: each for each in records.of_ids(tx, sorted({row.record_id for row in masses}))}
    groups = _groups(registry, question)
    found: dict[tuple[str, str, int, str], list[Part]] = {}
    for row in masses:
        record = known[row.record_id]
        for key in groups(record, row):
            found.setdefault((key, record.name, row.scope, row.gas), []).append(Part(record, row))
    return found


def electricity(
    tx: Transaction, registry: Registry, question: Question, days: Sequence[date]
) -> dict[int, NDArray[np.float64]]:
    """Electricity that documents tell of, by record float64[d] [kWh]; NaN on days that it says nothing of."""
    found = parts(tx, registry, question, Revision.CURRENT)
    told: dict[int, NDArray[np.float64]] = {}
    for part in (each for (_, kind, _, _), some in found.items() if kind == "electricity" for each in some):
        kwh, before = _by_day(part, days, question.steps.zone), told.get(part.record.id)
        told[part.record.id] = kwh if before is None else np.where(np.isnan(kwh), before, kwh)
    return told


def _by_day(part: Part, days: Sequence[date], zone: ZoneInfo) -> NDArray[np.float64]:
    after = datetime.combine(days[-1] + timedelta(days=1), time(), zone)
    steps = Steps.covering(Step.DAY, zone, datetime.combine(days[0], time(), zone), after)
    kwh = part.mass.amount * dict(UNITS[part.record.unit])["kWh"] * share(part.mass, steps)
    return np.where(kwh > 0, kwh, np.nan)


def _groups(registry: Registry, question: Question) -> Callable[[Record, RecordEmission], Sequence[str]]:
    """Groups that an activity counts in: its area and all above it, or what it is, once."""
    by, asked = question.selection.by, set(question.selection.areas)
    parents: Mapping[str, str | None] = {area.code: area.parent for area in registry.areas}
    highest = tops(registry)

    def keys(record: Record, row: RecordEmission) -> Sequence[str]:
        above = lineage(record.area, parents)
        if by is By.AREA:
            return [code for code in above if not asked or code in asked]
        if by is By.ENTERPRISE:
            code = enterprise_of(record.area, registry)
            return [code] if code and (not asked or code in asked) else []
        if not set(above) & (asked or highest):
            return []
        return [str(row.scope) if by is By.SCOPE else carrier_of(record.name, row.gas, row.factor)]

    return keys


def recorded(tx: Transaction, registry: Registry, question: Question, revision: Revision) -> list[Recorded]:
    """By group, kind and gas."""
    found = parts(tx, registry, question, revision)
    return [_laid(name, those, question.steps) for name, those in sorted(found.items())]


def _laid(name: tuple[str, str, int, str], those: Sequence[Part], steps: Steps) -> Recorded:
    key, kind, scope, gas = name
    inside = np.array([share(part.mass, steps) for part in those])
    kg = np.array([part.mass.kg for part in those])[:, None] * inside
    known = (inside > 0) & ~np.isnan(kg)
    spans = np.array([_length_us(part.mass, steps.zone) for part in those])
    covered = (inside * spans[:, None]).sum(axis=0) / np.diff(steps.edges)
    return Recorded(
        key,
        kind,
        carrier_of(kind, gas, those[0].mass.factor),
        scope,
        gas,
        np.where(known.any(axis=0), np.where(known, kg, 0.0).sum(axis=0), np.nan),
        np.minimum(covered, 1.0),
        np.asarray(((inside > 0) & (inside < 1)).any(axis=0)),
        _distinct([use for part in those if (use := use_of(part.mass))]),
        [lack for part in those if (lack := shortfall_of(part.mass))],
    )


def _distinct(found: Sequence[FactorUse]) -> list[FactorUse]:
    return list({(use.id, use.since, use.to): use for use in found}.values())


def share(mass: RecordEmission, steps: Steps) -> NDArray[np.float64]:
    """Part of a run of days that lies in each interval, spread evenly over its time, float64[k]."""
    lo, hi = _ends_us(mass, steps.zone)
    inside = np.minimum(steps.edges[1:], hi) - np.maximum(steps.edges[:-1], lo)
    part: NDArray[np.float64] = np.maximum(inside, 0) / (hi - lo)
    return part


def _length_us(mass: RecordEmission, zone: ZoneInfo) -> int:
    lo, hi = _ends_us(mass, zone)
    return hi - lo


def _ends_us(mass: RecordEmission, zone: ZoneInfo) -> tuple[int, int]:
    after = mass.last_day + timedelta(days=1)
    return to_us(datetime.combine(mass.first_day, time(), zone)), to_us(datetime.combine(after, time(), zone))
