"""Own supply contracts that a newer site file leaves out: bills stand on them, so they go on."""

import logging
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from telemetry.model import Site
from telemetry.settings.billing import gone, taken_out
from telemetry.settings.current import Current
from telemetry.storage import library
from telemetry.storage.pool import Database
from telemetry.supply import Billing

_LOG = logging.getLogger(__name__)


class _Told(BaseModel):
    """Of what the database was told of a site, the supply contracts."""

    billing: Billing | None = None


def put_back(database: Database, current: Current, now: datetime) -> None:
    """Let contracts that the database knows stand beside those of the file. Raises StorageError."""
    plan, site = current.plan, current.plan.site
    if site is None or site.billing is None:
        return
    today = now.astimezone(ZoneInfo(site.zone)).date()
    known = {
        code: supply
        for code, supply in taken_out(_before(database, site), site, today).items()
        if supply.tariff in plan.library.tariffs
    }
    if known:
        billing = site.billing.model_copy(update={"own": {**site.billing.own, **known}})
        current.adopt(replace(plan, site=site.model_copy(update={"billing": billing})))
        mistakes = gone(str(plan.site_file or ""), known, site.billing, today)
        current.refuse(mistakes)
        _LOG.error("left out, and goes on: %s", "; ".join(map(str, mistakes)))


def _before(database: Database, site: Site) -> Billing | None:
    with database.connection() as conn:
        told = library.standing(conn, "site", site.code)
    try:
        return None if told is None else _Told.model_validate_json(told).billing
    except ValidationError:  # written by another version
        return None
