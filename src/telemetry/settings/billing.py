"""The tariff as the park's supply contract has it: series, user class, declared days, free days."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from accounting.charges import Adjustments
from accounting.contract import Contract
from accounting.quantity import Carrier
from accounting.tariff import Tariff
from telemetry.model import AreaKind, Role, Site
from telemetry.settings.holidays import of_country
from telemetry.settings.mistakes import Mistake, no_such
from telemetry.supply import Billing, OwnSupply, Supply

_Days = tuple[tuple[str, tuple[date, ...]], ...]


def of_contract(
    tariffs: Mapping[str, Tariff], billing: Supply, announced: Mapping[str, tuple[date, ...]]
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
    for at, billing in supplies_of(site):
        for key, reason in _supply(billing, tariffs):
            yield f"{at}.{key}", reason
    yield from _own(site)


def supplies_of(site: Site) -> Iterator[tuple[str, Supply]]:
    """Every supply contract with where it stands in the file, the park's first."""
    if site.billing is not None:
        yield "billing", site.billing
        for code, supply in site.billing.own.items():
            yield f"billing.own.{code}", supply


def _supply(billing: Supply, tariffs: Mapping[str, Tariff]) -> Iterator[tuple[str, str]]:
    if billing.tariff not in tariffs:
        yield "tariff", no_such("tariff", billing.tariff, tariffs)
        return
    tariff = tariffs[billing.tariff]
    if billing.series and billing.series not in tariff.series:
        yield "series", no_such("price series", billing.series, tariff.series)
    if tariff.valid_from is None and billing.since is None:
        yield "since", f"no source tells since when {tariff.code} holds; write the contract's first day"
    if billing.user_class is not None and billing.user_class not in tariff.classes:
        yield "user_class", no_such("user class", billing.user_class, tariff.classes)
    for name in billing.declared_days:
        if name not in tariff.declared_days:
            yield f"declared_days.{name}", no_such("list of days", name, tariff.declared_days)


def _own(site: Site) -> Iterator[tuple[str, str]]:
    billing = site.billing
    if billing is None:
        return
    enterprises = [area.code for area in site.areas if area.kind is AreaKind.ENTERPRISE]
    for code, supply in billing.own.items():
        if code not in enterprises:
            yield f"billing.own.{code}", no_such("enterprise", code, enterprises)
        if supply.since is not None and billing.running(supply.since)[0] != supply.since:
            day = _read_on(billing, supply.since)
            yield f"billing.own.{code}.since", f"{supply.since} is no reading day of the park's: day {day}"
        yield from _ending(billing, code, supply)
    for at, each in supplies_of(site):
        for number, contract in enumerate(each.contracts):
            for key, reason in _strangers(at, contract, site, billing.own):
                yield f"{at}.contracts[{number}].{key}", reason


def _ending(billing: Billing, code: str, supply: OwnSupply) -> Iterator[tuple[str, str]]:
    """Months are billed by one contract: the park's takes over on a day on which it is read."""
    if supply.to is None:
        return
    if supply.since and supply.to < supply.since:
        yield f"billing.own.{code}.to", f"{supply.to} is before since, {supply.since}"
    after = supply.to + timedelta(days=1)
    if billing.running(after)[0] != after:
        yield (
            f"billing.own.{code}.to",
            f"{supply.to} is not the day before a reading day of the park's: day {_read_on(billing, after)}",
        )


def taken_out(before: Billing | None, site: Site, today: date) -> dict[str, OwnSupply]:
    """Contracts that had begun and that a newer file leaves out, of enterprises that are still there."""
    if before is None or site.billing is None:
        return {}
    without = {area.code for area in site.areas} - set(site.billing.own)
    return {
        code: supply
        for code, supply in before.own.items()
        if code in without and (supply.since or date.min) <= today
    }


def gone(file: str, codes: Collection[str], billing: Billing, today: date) -> tuple[Mistake, ...]:
    """What is said of contracts that were taken out."""
    last = billing.running(today)[1]
    reason = f"is gone, and bills stand on it; to end it put it back with its last day, such as to: {last}"
    return tuple(Mistake(file, f"billing.own.{code}", reason) for code in codes)


def _strangers(at: str, contract: Contract, site: Site, own: Collection[str]) -> Iterator[tuple[str, str]]:
    """Tenants that are under another supply contract."""
    parents = {area.code: area.parent for area in site.areas}
    for number, code in enumerate(contract.tenants):
        held = nearest(code, parents, own)
        if at != (f"billing.own.{held}" if held else "billing"):
            other = f"that of {held}" if held else "the park's"
            yield f"tenants[{number}]", f"{code} is under another supply contract: {other}"


def nearest(code: str, parents: Mapping[str, str | None], among: Collection[str]) -> str | None:
    """The area itself or the first above it that is among some."""
    at: str | None = code
    for _ in parents:
        if at is None or at in among:
            break
        at = parents.get(at)
    return at if at in among else None


def _read_on(billing: Supply, day: date) -> int:
    """Day of the month on which a contract is read."""
    begun = [each for each in billing.contracts if each.since <= day]
    return max(begun, key=lambda each: each.since).reading_day if begun else 1


def contract_contradictions(
    site: Site, tariffs: Mapping[str, Tariff], tables: Mapping[str, Adjustments]
) -> Iterator[tuple[str, str]]:
    """(key, reason) for all in the dated contracts that does not fit the park, the tariff or the tables."""
    for at, billing in supplies_of(site):
        for key, reason in _contracts(billing, site, tariffs, tables):
            yield f"{at}.{key}", reason


def _contracts(
    billing: Supply, site: Site, tariffs: Mapping[str, Tariff], tables: Mapping[str, Adjustments]
) -> Iterator[tuple[str, str]]:
    for number, (one, other) in enumerate(pairwise(billing.contracts), 1):
        key = f"contracts[{number}].since"
        if other.since <= one.since:
            yield key, f"{other.since} is not after {one.since}, from which the one above holds"
        elif other.since.day != one.reading_day:
            yield key, f"{other.since} is no reading day: months are read on day {one.reading_day}"
        else:
            earlier = billing.model_copy(update={"contracts": billing.contracts[:number]})
            first, last = earlier.running(other.since)
            if first != other.since:
                yield key, f"{other.since} is within the month that runs from {first} to {last}"
    for number, contract in enumerate(billing.contracts):
        for part, reason in _contract(contract, site, tariffs.get(billing.tariff), tables):
            yield f"contracts[{number}].{part}", reason


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
