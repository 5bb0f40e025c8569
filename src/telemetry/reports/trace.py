"""From a settled amount back to the readings, batches, multipliers and rules behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct

from accounting import formula
from accounting.formula import Term
from accounting.grid import to_us
from accounting.intervals import Flow
from accounting.quantity import CATALOGUE
from accounting.recipes import Method
from ingest.template import Template
from telemetry.reports import energy, evidence
from telemetry.reports.corrections import CorrectionEntry, entries
from telemetry.reports.energy import Coverage, Values
from telemetry.reports.errors import NoSuchMeter, QueryError
from telemetry.reports.evidence import Task
from telemetry.reports.membership import By, Selection
from telemetry.reports.meter import ConflictEntry, TemplateEntry, TermEntry, conflict, template, terms
from telemetry.reports.moment import Moment
from telemetry.reports.reckoning import Known, editions, known
from telemetry.reports.steps import Step, Steps, local_time
from telemetry.storage import corrections, findings, origin, readings, registry
from telemetry.storage.findings import Stretch
from telemetry.storage.pool import Transaction
from telemetry.storage.readings import Ranges
from telemetry.storage.registry import RegisteredMeter, Registry

MOST_SLOTS = 31 * 96
MOST_READINGS = 20_000
_FINDINGS = 1000


class How(StrEnum):
    """How well the course of a stretch is known."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    """Its sum is known, its course is not: it is spread evenly."""
    UNKNOWN = "unknown"


class TraceSpan(Struct, frozen=True, rename={"from_": "from"}):
    """What flowed between two readings that count."""

    from_: Moment
    to: Moment
    before: Annotated[float | None, Meta(description="What the meter showed at its start")]
    after: Annotated[float, Meta(description="At its end; of an amount: the amount")]
    multiplier: float
    amount: Annotated[float | None, Meta(description="In the quantity's unit; null: nothing is known")]
    how: How


class TraceReading(Struct, frozen=True):
    """One reading as the meter showed it."""

    time: Moment
    value: float | None
    batch: int


class TraceBatch(Struct, frozen=True):
    """Readings that arrived together."""

    id: int
    source: str
    received_at: Moment
    rows: Annotated[int, Meta(description="Of all meters in it")]


class TraceEvent(Struct, frozen=True):
    """What settlement found at a reading."""

    time: Moment
    flag: Annotated[str, Meta(examples=["reset"])]
    delta: Annotated[
        float, Meta(description="reset, rollover: what was counted; else by how much it differed")
    ]


class TraceTerm(Struct, frozen=True):
    """What a formula takes of another meter; that meter has a trace of its own."""

    meter: str
    quantity: str
    unit: str
    factor: float
    values: Values
    coverages: Coverage


class TraceEdition(Struct, frozen=True, rename={"from_": "from"}):
    """The formula of a virtual meter, for as long as it holds in the range."""

    from_: Moment
    to: Moment
    formula: Annotated[str | None, Meta(description="null: none tells this quantity then")]
    terms: list[TraceTerm]


class TraceAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """A settled amount, and everything that it was made of."""

    meter: str
    quantity: str
    unit: str
    from_: Moment
    to: Moment
    amount: Annotated[float | None, Meta(description="Sum of the quarter hours; null: nothing is settled")]
    coverage: Annotated[float, Meta(description="Share of the time that was measured, 0 to 1")]
    shown: Annotated[str, Meta(description="Quantity it was settled from", examples=["energy_import"])]
    shown_unit: str
    formula: str
    max_gap_s: Annotated[float, Meta(description="Longer stretches between readings are estimated")]
    rollover: Annotated[float | None, Meta(description="Value at which the counter begins again")]
    times: Annotated[list[Moment], Meta(description="Starts of the quarter hours")]
    values: Values
    coverages: Coverage
    spans: list[TraceSpan]
    readings: Annotated[list[TraceReading], Meta(description="All of them, those that do not count too")]
    batches: list[TraceBatch]
    events: list[TraceEvent]
    conflicts: list[ConflictEntry]
    corrections: Annotated[
        list[CorrectionEntry], Meta(description="Of its readings and amounts, newest first")
    ]
    terms: list[TermEntry]
    serial: str | None
    template: TemplateEntry | None
    editions: Annotated[list[TraceEdition], Meta(description="Of a virtual meter; empty for others")] = []


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
        return _virtual(tx, _Reckoned(question, meter, steps, reckoned), values, coverage)
    behind = _Behind(
        question,
        meter,
        _task(tx, meter, question.quantity, steps),
        steps,
        template(devices.get(meter.device or "")),
    )
    return _answer(tx, behind, values, coverage)


@dataclass(frozen=True, slots=True)
class _Reckoned:
    question: Question
    meter: RegisteredMeter
    steps: Steps
    editions: Sequence[tuple[slice, str | None]]


def _virtual(
    tx: Transaction, behind: _Reckoned, values: list[float | None], coverage: list[float]
) -> TraceAnswer:
    """Raises QueryError when no formula tells the quantity."""
    question, texts = behind.question, [text for _, text in behind.editions if text is not None]
    if not texts:
        told = sorted({name for term in behind.meter.terms for name in term.formula or ()})
        reason = f"no formula of {behind.meter.code} tells it then; told are {', '.join(told)}"
        raise QueryError("quantity", question.quantity, reason)
    unit = CATALOGUE[question.quantity].unit
    summed = [value for value in values if value is not None]
    return TraceAnswer(
        meter=behind.meter.code,
        quantity=question.quantity,
        unit=unit,
        from_=local_time(int(behind.steps.edges[0]), question.zone),
        to=behind.steps.end,
        amount=sum(summed) if summed else None,
        coverage=round(sum(coverage) / len(behind.steps), 4),
        shown=question.quantity,
        shown_unit=unit,
        formula=texts[-1],
        max_gap_s=behind.meter.max_gap_s,
        rollover=None,
        times=behind.steps.times(),
        values=values,
        coverages=coverage,
        spans=[],
        readings=[],
        batches=[],
        events=[],
        conflicts=[],
        corrections=[],
        terms=_terms(behind.meter, behind.steps, question.zone),
        serial=None,
        template=None,
        editions=_editions(tx, behind),
    )


def _editions(tx: Transaction, behind: _Reckoned) -> list[TraceEdition]:
    reads = [formula.parse(text) for _, text in behind.editions if text is not None]
    found = known(tx, reads, np.empty(0, np.int32), behind.steps.grid)
    edges, zone = behind.steps.edges, behind.question.zone
    return [
        TraceEdition(
            local_time(int(edges[at.start]), zone),
            local_time(int(edges[at.stop]), zone),
            text,
            [_term(term, found, at) for term in formula.parse(text).terms] if text else [],
        )
        for at, text in behind.editions
    ]


def _term(term: Term, found: Known, at: slice) -> TraceTerm:
    amount, coverage = found.of(term, at)
    values = [None if value != value else value for value in amount.tolist()]  # noqa: PLR0124  # NaN
    unit = CATALOGUE[term.quantity].unit
    return TraceTerm(term.meter, term.quantity, unit, term.factor, values, np.round(coverage, 4).tolist())


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


def _task(tx: Transaction, meter: RegisteredMeter, quantity: str, steps: Steps) -> Task:
    """How the quantity is settled. Raises QueryError when it is not."""
    edges = steps.edges[[0, -1]]
    one = Ranges(np.array([meter.id], np.int32), edges[:1], edges[1:])
    tasks = {task.recipe.target: task for task in evidence.tasks(tx, {meter.id: meter}, one)}
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
        formula=FORMULAS[recipe.method],
        max_gap_s=meter.max_gap_s,
        rollover=meter.rollover.get(recipe.source),
        times=behind.steps.times(),
        values=values,
        coverages=coverage,
        spans=spans,
        readings=_readings(rows, behind),
        batches=_batches(tx, rows, behind),
        events=_events(tx, within, behind),
        conflicts=_conflicts(tx, within, behind),
        corrections=_corrections(tx, within, behind),
        terms=_terms(meter, behind.steps, question.zone),
        serial=meter.serial,
        template=behind.template,
    )


def _spans(flow: Flow, behind: _Behind) -> list[TraceSpan]:
    """Those that have a part in the range, in order."""
    ends, lo, hi = flow.spans.knots, behind.ranges.lo[0], behind.ranges.hi[0]
    at = np.flatnonzero((ends.time[1:] > lo) & (ends.time[:-1] < hi)) + 1
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


def _batches(tx: Transaction, rows: readings.ReadingColumns, behind: _Behind) -> list[TraceBatch]:
    zone = behind.question.zone
    found = origin.batches(tx, rows.batch_id)
    return [TraceBatch(b.id, b.source, b.received_at.astimezone(zone), b.row_count) for b in found]


def _events(tx: Transaction, within: Stretch, behind: _Behind) -> list[TraceEvent]:
    found = findings.events(tx, behind.meter.id, _FINDINGS, within)
    return [TraceEvent(e.time.astimezone(behind.question.zone), e.flag, e.delta) for e in reversed(found)]


def _conflicts(tx: Transaction, within: Stretch, behind: _Behind) -> list[ConflictEntry]:
    zone = behind.question.zone
    found = findings.conflicts(tx, behind.meter.id, _FINDINGS, within)
    return [conflict(each, zone) for each in found]


def _corrections(tx: Transaction, within: Stretch, behind: _Behind) -> list[CorrectionEntry]:
    """Those that hold and those that were undone."""
    names = sorted({within.quantity, behind.question.quantity})
    found = corrections.listed(tx, [behind.meter.id], names, within.lo, within.hi, _FINDINGS)
    return entries(tx, Registry((), (behind.meter,)), found, behind.question.zone)


def _terms(meter: RegisteredMeter, steps: Steps, zone: ZoneInfo) -> list[TermEntry]:
    """What the meter was in the range."""
    begun = [term for term in terms(meter, zone) if term.since < steps.end]
    since = local_time(int(steps.edges[0]), zone)
    return [
        term
        for term, following in zip(begun, [*begun[1:], None], strict=True)
        if not following or following.since > since
    ]
