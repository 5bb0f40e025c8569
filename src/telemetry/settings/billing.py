"""The tariff as the park's supply contract has it: series, user class, declared days, free days."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import pairwise

from accounting.charges import Adjustments
from accounting.contract import Contract
from accounting.quantity import Carrier
from accounting.tariff import Tariff
from telemetry.model import AreaKind, Billing, Role, Site
from telemetry.settings.holidays import of_country
from telemetry.settings.mistakes import no_such

_Days = tuple[tuple[str, tuple[date, ...]], ...]


def of_contract(
    tariffs: Mapping[str, Tariff], billing: Billing, announced: Mapping[str, tuple[date, ...]]
) -> Tariff:
    """The same object as long as nothing changes, because what it compiles is remembered by it.

    `announced` are days that were declared beside those of the file, by list.
    """
    names = {*billing.declared_days, *announced}
    days = tuple(
        (name, tuple(sorted({*billing.declared_days.get(name, ()), *announced.get(name, ())})))
        for name in sorted(names)
    )
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


def contract_contradictions(
    site: Site, tariffs: Mapping[str, Tariff], tables: Mapping[str, Adjustments]
) -> Iterator[tuple[str, str]]:
    """(key, reason) for all in the dated contracts that does not fit the park, the tariff or the tables."""
    billing = site.billing
    if billing is None:
        return
    for number, (one, other) in enumerate(pairwise(billing.contracts), 1):
        key = f"billing.contracts[{number}].since"
        if other.since <= one.since:
            yield key, f"{other.since} is not after {one.since}, from which the one above holds"
        elif other.since.day != one.reading_day:
            yield key, f"{other.since} is no reading day: months are read on day {one.reading_day}"
    for number, contract in enumerate(billing.contracts):
        for part, reason in _contract(contract, site, tariffs.get(billing.tariff), tables):
            yield f"billing.contracts[{number}].{part}", reason


def _contract(
    contract: Contract, site: Site, tariff: Tariff | None, tables: Mapping[str, Adjustments]
) -> Iterator[tuple[str, str]]:
    crossed = {m.area for m in site.meters if m.role is Role.BOUNDARY and m.carrier is Carrier.ELECTRICITY}
    enterprises = {area.code for area in site.areas if area.kind is AreaKind.ENTERPRISE}
    for number, code in enumerate(contract.tenants):
        if code not in crossed:
            yield f"tenants[{number}]", f"no electricity meter of role boundary stands on the area {code!r}"
    for name in ("area", "share"):
        for code in getattr(contract.sharing, name):
            if code not in enterprises.union(contract.tenants):
                yield f"sharing.{name}.{code}", "is neither an enterprise nor under tenants"
    terms = contract.power_factor
    if terms and terms.table not in tables:
        yield "power_factor.table", no_such("table of the power factor", terms.table, tables)
    elif terms and terms.standard not in (known := tables[terms.table].standards):
        yield "power_factor.standard", f"{terms.standard} is none of {', '.join(map(str, known))}"
    if contract.funds and tariff and any(table.funds_included for table in tariff.prices):
        yield "funds", f"the prices of {tariff.code} hold funds and surcharges already"
