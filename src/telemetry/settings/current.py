"""The plan that holds now, and what is wrong with a newer one that does not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Lock

from ingest.decode import Meaning
from telemetry.settings.mistakes import Mistake
from telemetry.settings.plan import Plan


class Current:
    """Whoever works by the plan asks here each time: it changes while the service runs."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.since = datetime.now(UTC)
        self._changing = Lock()
        self.mistakes: tuple[Mistake, ...] = ()
        """Of the files as they stand, while the plan of before goes on."""

    def adopt(self, plan: Plan) -> None:
        """Of files that have changed; the days announced meanwhile stay."""
        with self._changing:
            announced = self.plan.announced
            self.plan = plan if plan.announced == announced else replace(plan, announced=announced)
        self.since = datetime.now(UTC)
        self.mistakes = ()

    def announce(self, days: Mapping[str, tuple[date, ...]]) -> bool:
        """Whether other days are declared for the tariff by now."""
        with self._changing:
            if days == self.plan.announced:
                return False
            self.plan = replace(self.plan, announced=days)
            return True

    def named(self, source: str, measurement: str, name: str, device: str | None) -> Meaning | None:
        """As `Plan.named`, by the plan that holds now."""
        return self.plan.named(source, measurement, name, device)

    def refuse(self, mistakes: tuple[Mistake, ...]) -> bool:
        """Whether these mistakes are news."""
        news = mistakes != self.mistakes
        self.mistakes = mistakes
        return news
