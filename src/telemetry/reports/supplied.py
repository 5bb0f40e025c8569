"""By whose supply contract an area is billed in a month."""

from datetime import datetime

from telemetry.model import Site
from telemetry.reports.bill import Terms
from telemetry.reports.billing_month import BillingMonth, month_of
from telemetry.settings.plan import Plan


def billed_by(
    plan: Plan, site: Site, area: str | None, month: str | None, now: datetime
) -> tuple[Terms, BillingMonth]:
    """The park's where the area's own does not hold on the month's first day. Raises QueryError."""
    today = now.date()
    own = plan.own_supplies.get(area or "")
    if own is not None:
        asked = month_of(own.supply, month, today)
        if own.holds(asked.first):
            return Terms(site, own.tariff, plan.library.adjustments, own.area), asked
    whole = plan.supply()
    asked = month_of(whole.supply, month, today)
    return Terms(site, whole.tariff, plan.library.adjustments, None, whole.apart_on(asked.first)), asked
