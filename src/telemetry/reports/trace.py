"""From a settled amount back to the readings, batches, multipliers and rules behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import structs

from accounting.grid import to_us
from accounting.intervals import Flow
from accounting.quantity import CATALOGUE
from accounting.recipes import Method, Recipe
from ingest.template import Template
from telemetry.reports import energy, evidence, gas, manual, provenance, virtual_trace
from telemetry.reports.bare_trace import Bare
from telemetry.reports.corrections import CorrectionEntry, entries
from telemetry.reports.errors import NoSuchMeter, QueryError
from telemetry.reports.evidence import Task
from telemetry.reports.manual import ManualEntry
from telemetry.reports.membership import By, Selection
from telemetry.reports.meter import ConflictEntry, TemplateEntry, TermEntry, conflict, template, terms
from telemetry.reports.reckoning import editions
from telemetry.reports.steps import Step, Steps, local_time
from telemetry.reports.traced import (
    How,
    TraceAnswer,
    TraceEvent,
    TraceReading,
    TraceReplacement,
    TraceSpan,
)
from telemetry.reports.virtual_trace import Reckoned
from telemetry.storage import corrections, findings, readings, registry, retention
from telemetry.storage.findings import Stretch
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges
from telemetry.storage.registry import RegisteredMeter, Registry

MOST_SLOTS = 31 * 96
MOST_READINGS = 20_000
_FINDINGS = 1000
_BY_HAND = "set by a correction, spread evenly over its interval"


BY_STATE = "; each quarter hour x (enthalpy at its mean pressure and temperature - 83.74 kJ/kg)"
FORMULAS: Mapping[Method, str] = {
    Method.SETTLE: "(after - before) x multiplier, spread evenly between the two readings",
    Method.INTEGRATE: "mean of before and after x multiplier x hours, on a straight line between them",
    Method.ALLOT: "amount x multiplier, spread evenly over its interval",
}


@dataclass(frozen=True, slots=True)
class Question:
    meter: str
    quantity: str
    lo: datetime
    hi: datetime
    zone: ZoneInfo
    now: datetime


def report(tx: Transaction, devices: Mapping[str, Template], question: Question) -> TraceAnswer:
    """Raises NoSuchMeter, QueryError."""
    known = registry.read(tx)
    meter = known.by_code.get(question.meter)
    if meter is None:
        raise NoSuchMeter(question.meter)
    steps = _steps(question)
    asked = energy.Question(steps, Selection(By.METER, (meter.code,)), (question.quantity,), question.now)
    settled = energy.report(tx, known, asked)
    values, coverage = next(((s.values, s.coverage) for s in settled.series), ([], []))
    if reckoned := list(editions(meter, question.quantity, steps.grid)):
        held = _terms(meter, steps, question.zone)
        virtual = Reckoned(meter, question.quantity, steps, reckoned, held)
        return virtual_trace.answer(tx, virtual, values, coverage)
    task = _task(tx, meter, question, steps)
    if task is None:
        bare = Bare(meter, question.quantity, steps, _terms(meter, steps, question.zone))
        within = Stretch(question.quantity, question.lo, question.hi)
        made = _corrections(tx, meter, question, within)
        return structs.replace(bare.answer(_BY_HAND, values, coverage), corrections=made)
    behind = _Behind(question, meter, task, steps, template(devices.get(meter.device or "")))
    return _answer(tx, behind, values, coverage)


@dataclass(frozen=True, slots=True)
class _Behind:
    question: Question
    meter: RegisteredMeter
    task: Task
    steps: Steps
    template: TemplateEntry | None

    @property
    def ranges(self) -> Ranges:
        lo, hi = (np.array([self.steps.edges[at]], np.int64) for at in (0, -1))
        return Ranges(np.array([self.meter.id], np.int32), lo, hi)

    def moment(self, us: int) -> datetime:
        return local_time(us, self.question.zone)


def _steps(question: Question) -> Steps:
    steps = Steps.covering(Step.QUARTER, question.zone, question.lo, question.hi)
    if len(steps) > MOST_SLOTS:
        raise QueryError("to", question.hi.isoformat(), "a trace covers at most 31 days; ask for less")
    return steps


def _task(tx: Transaction, meter: RegisteredMeter, question: Question, steps: Steps) -> Task | None:
    """How the quantity is settled; None: a person set its amounts. Raises QueryError when it is not."""
    quantity, edges = question.quantity, steps.edges[[0, -1]]
    one = Ranges(np.array([meter.id], np.int32), edges[:1], edges[1:])
    found = evidence.tasks(tx, {meter.id: meter}, one, to_us(question.now))
    tasks = {task.recipe.target: task for task in found}
    if quantity not in tasks and quantity in corrections.quantities(tx, one.meter_id).get(meter.id, ()):
        return None
    if quantity not in tasks:
        settled = f"settled are {', '.join(tasks)}" if tasks else "it has shown nothing that can be settled"
        raise QueryError("quantity", quantity, f"is not settled for {meter.code}; {settled}")
    return tasks[quantity]


def _answer(
    tx: Transaction, behind: _Behind, values: list[float | None], coverage: list[float]
) -> TraceAnswer:
    question, recipe, meter = behind.question, behind.task.recipe, behind.meter
    window = evidence.anchored(tx, behind.task, behind.ranges)
    shown = evidence.shown(tx, behind.task, window, behind.ranges)
    spans = _spans(evidence.flow(shown, behind.steps.grid, behind.task, meter), behind)
    first = to_us(spans[0].from_) if spans else int(behind.ranges.lo[0])
    last = to_us(spans[-1].to) if spans else int(behind.ranges.hi[0])
    rows = readings.select(tx, behind.ranges.meter_id, first, last + 1, (recipe.source,), MOST_READINGS + 1)
    if len(rows) > MOST_READINGS:
        raise QueryError("from", question.lo.isoformat(), f"more than {MOST_READINGS} readings; ask for less")
    within = Stretch(recipe.source, behind.moment(first), behind.moment(last + 1))
    known = [value for value in values if value is not None]
    batches = provenance.batches(tx, rows.batch_id, question.zone)
    return TraceAnswer(
        meter=meter.code,
        quantity=question.quantity,
        unit=CATALOGUE[question.quantity].unit,
        from_=behind.moment(int(behind.steps.edges[0])),
        to=behind.steps.end,
        amount=sum(known) if known else None,
        coverage=round(sum(coverage) / len(behind.steps), 4),
        shown=recipe.source,
        shown_unit=CATALOGUE[recipe.source].unit,
        formula=FORMULAS[recipe.method] + _by_state(recipe, meter),
        max_gap_s=meter.max_gap_s,
        rollover=meter.rollover.get(recipe.source),
        times=behind.steps.times(),
        values=values,
        coverages=coverage,
        spans=spans,
        readings=_readings(rows, behind),
        batches=batches,
        events=_events(tx, within, behind),
        expired_until=_expired_until(tx, behind),
        replacements=_replacements(behind, first, last),
        conflicts=_conflicts(tx, within, behind),
        entered=_entered(tx, within, behind),
        corrections=_corrections(tx, meter, question, within),
        terms=_terms(meter, behind.steps, question.zone),
        serial=meter.serial,
        template=behind.template,
        templates=provenance.templates(tx, meter.device or "", batches, question.zone),
    )


def _expired_until(tx: Transaction, behind: _Behind) -> datetime | None:
    (until,) = retention.until(tx, behind.ranges.meter_id).tolist()
    return behind.moment(until) if until > behind.ranges.lo[0] else None


def _by_state(recipe: Recipe, meter: RegisteredMeter) -> str:
    if not recipe.by_state:
        return ""
    return gas.told(meter.gas) if recipe.target == "gas_volume_0c" else BY_STATE


def _spans(flow: Flow, behind: _Behind) -> list[TraceSpan]:
    """Those that have a part in the range, in order."""
    ends, lo, hi = flow.spans.knots, behind.ranges.lo[0], behind.ranges.hi[0]
    passed = ends.time[1:] > ends.time[:-1]
    at = np.flatnonzero(passed & (ends.time[1:] > lo) & (ends.time[:-1] < hi)) + 1
    if behind.task.recipe.method is Method.ALLOT:
        at = at[at % 2 == 1]
    return [_span(flow, int(i), behind) for i in at]


def _span(flow: Flow, i: int, behind: _Behind) -> TraceSpan:
    amounts = behind.task.recipe.method is Method.ALLOT
    shown = flow.readings
    after = i // 2 if amounts else i
    how = How.MEASURED
    if i in flow.spans.unknown:
        how = How.UNKNOWN
    elif i in flow.spans.unmeasured:
        how = How.ESTIMATED
    total = float(flow.spans.total[i]) * abs(behind.task.recipe.scale)
    return TraceSpan(
        from_=behind.moment(int(flow.spans.knots.time[i - 1])),
        to=behind.moment(int(flow.spans.knots.time[i])),
        before=None if amounts else float(shown.value[i - 1]),
        after=float(shown.value[after]),
        multiplier=float(shown.multiplier[after if amounts else i - 1]),
        amount=None if how is How.UNKNOWN else total,
        how=how,
    )


def _readings(rows: readings.ReadingColumns, behind: _Behind) -> list[TraceReading]:
    columns = zip(rows.time.tolist(), rows.values[:, 0].tolist(), rows.batch_id.tolist(), strict=True)
    return [TraceReading(behind.moment(us), value, batch) for us, value, batch in columns if value == value]  # noqa: PLR0124  # NaN


def _events(tx: Transaction, within: Stretch, behind: _Behind) -> list[TraceEvent]:
    found = findings.events(tx, behind.meter.id, _FINDINGS, within)
    return [TraceEvent(e.time.astimezone(behind.question.zone), e.flag, e.delta) for e in reversed(found)]


def _replacements(behind: _Behind, first: int, last: int) -> list[TraceReplacement]:
    source = behind.task.recipe.source
    return [
        TraceReplacement(behind.moment(each["us"]), each["ends"].get(source), each["starts"].get(source))
        for each in behind.meter.replacements
        if first <= each["us"] <= last
    ]


def _conflicts(tx: Transaction, within: Stretch, behind: _Behind) -> list[ConflictEntry]:
    zone = behind.question.zone
    found = findings.conflicts(tx, behind.meter.id, _FINDINGS, within)
    return [conflict(each, zone) for each in found]


def _entered(tx: Transaction, within: Stretch, behind: _Behind) -> list[ManualEntry]:
    return manual.entries(tx, behind.meter, within, behind.question.zone)


def _corrections(
    tx: Transaction, meter: RegisteredMeter, question: Question, within: Stretch
) -> list[CorrectionEntry]:
    """Those that hold and those that were undone."""
    names = sorted({within.quantity, question.quantity})
    found = corrections.listed(tx, [meter.id], names, within.lo, within.hi, _FINDINGS)
    return entries(tx, Registry((), (meter,)), found, question.zone)


def _terms(meter: RegisteredMeter, steps: Steps, zone: ZoneInfo) -> list[TermEntry]:
    """What the meter was in the range."""
    begun = [term for term in terms(meter, zone) if term.since < steps.end]
    since = local_time(int(steps.edges[0]), zone)
    return [
        term
        for term, following in zip(begun, [*begun[1:], None], strict=True)
        if not following or following.since > since
    ]
