"""What alert rules know beside the readings, asked of the database once a quarter hour."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from accounting.grid import SLOT_US
from alerts.look import Circumstances, MonthFactor
from alerts.park import Park
from alerts.rule import Rule
from alerts.rules import deviation, power_factor
from telemetry.reports.bill import Terms
from telemetry.reports.month_factor import month_factor
from telemetry.reports.usual import usual_kw
from telemetry.settings.plan import Plan
from telemetry.storage.pool import Connections


class Beside:
    """Completes what the process itself knows."""

    def __init__(self, database: Connections) -> None:
        self._database = database
        self._slot = -1
        self._for: tuple[Park, Sequence[Rule]] | None = None
        self._usual_kw: Mapping[str, float] = {}
        self._factor: MonthFactor | None = None

    def completed(
        self, known: Circumstances, plan: Plan, park: Park, rules: Sequence[Rule], now: float
    ) -> Circumstances:
        """`known` with what the database tells. Raises StorageError."""
        slot = int(now * 1e6) // SLOT_US
        if slot != self._slot or self._for is None or self._for[0] is not park or self._for[1] is not rules:
            self._ask(plan, park, rules, now)
            self._slot, self._for = slot, (park, rules)
        return replace(known, usual_kw=self._usual_kw, month_factor=self._factor)

    def _ask(self, plan: Plan, park: Park, rules: Sequence[Rule], now: float) -> None:
        self._usual_kw, self._factor = {}, None
        with self._database.connection() as tx:
            if any(isinstance(rule, deviation.Rule) for rule in rules):
                self._usual_kw = usual_kw(tx, park, int(now * 1e6))
            if plan.site and any(isinstance(rule, power_factor.Rule) for rule in rules):
                terms = Terms(plan.site, plan.tariff, plan.library.adjustments)
                self._factor = month_factor(tx, terms, datetime.fromtimestamp(now, UTC))
