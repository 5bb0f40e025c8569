"""The tariff as the park's supply contract has it: series, user class, declared days, free days."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache

from accounting.tariff import Tariff
from telemetry.model import Billing, Site
from telemetry.settings.holidays import of_country
from telemetry.settings.mistakes import no_such

_Days = tuple[tuple[str, tuple[date, ...]], ...]


def of_contract(tariffs: Mapping[str, Tariff], billing: Billing) -> Tariff:
    """The same object as long as nothing changes, because what it compiles is remembered by it."""
    days = tuple(sorted(billing.declared_days.items()))
    return _of(tariffs[billing.tariff], billing.series, billing.user_class, billing.since, days)


@lru_cache
def _of(
    tariff: Tariff, series: str | None, user_class: str | None, since: date | None, days: _Days
) -> Tariff:
    held = tariff.of(series) if series else tariff
    held = held.for_class(user_class).declaring(dict(days))
    known = of_country(held.holidays) if held.holidays else held.known
    first = max(filter(None, (held.valid_from, since)), default=None)
    return replace(held, known=known, valid_from=first)


def contradictions(site: Site, tariffs: Mapping[str, Tariff]) -> Iterator[tuple[str, str]]:
    """(key, reason) for all in the contract that does not fit the tariff."""
    billing = site.billing
    if billing is None:
        return
    if billing.tariff not in tariffs:
        yield "billing.tariff", no_such("tariff", billing.tariff, tariffs)
        return
    tariff = tariffs[billing.tariff]
    if billing.series and billing.series not in tariff.series:
        yield "billing.series", no_such("price series", billing.series, tariff.series)
    if tariff.valid_from is None and billing.since is None:
        yield (
            "billing.since",
            f"no source tells since when {tariff.code} holds; write the contract's first day",
        )
    yield from _classes(billing, tariff)
    for name in billing.declared_days:
        if name not in tariff.declared_days:
            yield f"billing.declared_days.{name}", no_such("list of days", name, tariff.declared_days)


def _classes(billing: Billing, tariff: Tariff) -> Iterator[tuple[str, str]]:
    if billing.user_class is not None and billing.user_class not in tariff.classes:
        yield "billing.user_class", no_such("user class", billing.user_class, tariff.classes)
