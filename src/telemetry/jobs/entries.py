"""What a plan says beside areas and meters, entry by entry, as the audit log tells it when it changes."""

from collections.abc import Mapping

import msgspec

from alerts.rule import Rule
from telemetry.model import Site
from telemetry.settings.plan import Plan
from telemetry.storage import library
from telemetry.storage.pool import Database

_CONTRACTS = {"zone", "region", "currency", "billing", "retention", "converters"}


def keep(database: Database, plan: Plan) -> None:
    """Raises StorageError."""
    with database.connection() as tx:
        for name, entries in of(plan).items():
            library.keep(tx, name, entries)


def of(plan: Plan) -> Mapping[str, Mapping[str, str]]:
    """JSON by code, of each library."""
    held = plan.library
    found = {
        "factor": {each.id: _json(each) for each in held.factors},
        "coal": {code: _json(each) for code, each in held.coal.items()},
        "tariff": {code: _json(each) for code, each in held.tariffs.items()},
        "alert_rule": {_named(each): each.model_dump_json() for each in plan.rules},
    }
    return found if plan.site is None else {**found, "site": {plan.site.code: _contracts(plan.site)}}


def _named(rule: Rule) -> str:
    """An edition of a rule."""
    return f"{rule.code} {rule.since}" if rule.since else rule.code


def _contracts(site: Site) -> str:
    return site.model_dump_json(include=_CONTRACTS)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
