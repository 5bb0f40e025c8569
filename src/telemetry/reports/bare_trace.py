"""The trace of an amount that no readings lie behind: a formula or a person told it."""

from dataclasses import dataclass

from accounting.quantity import CATALOGUE
from telemetry.reports.meter import TermEntry
from telemetry.reports.steps import Steps, local_time
from telemetry.reports.traced import TraceAnswer
from telemetry.storage.registry import RegisteredMeter


@dataclass(frozen=True, slots=True)
class Bare:
    meter: RegisteredMeter
    quantity: str
    steps: Steps
    terms: list[TermEntry]

    def answer(self, formula: str, values: list[float | None], coverage: list[float]) -> TraceAnswer:
        known = [value for value in values if value is not None]
        unit = CATALOGUE[self.quantity].unit
        return TraceAnswer(
            meter=self.meter.code,
            quantity=self.quantity,
            unit=unit,
            from_=local_time(int(self.steps.edges[0]), self.steps.zone),
            to=self.steps.end,
            amount=sum(known) if known else None,
            coverage=round(sum(coverage) / len(self.steps), 4),
            shown=self.quantity,
            shown_unit=unit,
            formula=formula,
            max_gap_s=self.meter.max_gap_s,
            rollover=None,
            times=self.steps.times(),
            values=values,
            coverages=coverage,
            spans=[],
            readings=[],
            batches=[],
            events=[],
            conflicts=[],
            entered=[],
            corrections=[],
            terms=self.terms,
            serial=self.meter.serial,
            template=None,
        )
