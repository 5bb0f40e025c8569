"""The rules of alerts: those that the program brings along, and the park's own over them."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from alerts.errors import RuleError
from alerts.kinds import AnyRule, read_rule
from alerts.order import circles
from alerts.rule import Rule
from telemetry.model import Site
from telemetry.settings.documents import load_file
from telemetry.settings.mistakes import Mistake, no_such

_LOG = logging.getLogger(__name__)
_RULE: TypeAdapter[Rule] = TypeAdapter(AnyRule)


def load_rules(
    shipped: Path, own: Path | None, site: Site | None, mistakes: list[Mistake], bands: Collection[str] = ()
) -> tuple[Rule, ...]:
    """All editions by code and first day; a file of the park's own replaces all that bear its code.

    `bands` are those of all tariffs.
    """
    brought, kept = _folder(shipped, mistakes), _folder(own, mistakes) if own else {}
    codes = {rule.code for rule in kept.values()}
    found = {path: rule for path, rule in brought.items() if rule.code not in codes} | kept
    known = {"band": bands, "rule": {rule.code for rule in found.values()}}
    for path, rule in found.items():
        names = misnamed(rule, site, known) if site else ()
        mistakes.extend(Mistake(str(path), key, reason) for key, reason in names)
    mistakes.extend(_twice(found))
    mistakes.extend(_circling(found))
    return tuple(sorted(found.values(), key=_order))


def _folder(folder: Path, mistakes: list[Mistake]) -> dict[Path, Rule]:
    loaded = ((path, load_file(path, _RULE, mistakes)) for path in sorted(folder.glob("*.yaml")))
    return {path: rule for path, rule in loaded if rule is not None}


def _order(rule: Rule) -> tuple[str, str]:
    return rule.code, str(rule.since or "")


def _twice(found: dict[Path, Rule]) -> Iterator[Mistake]:
    seen: dict[tuple[str, str], Path] = {}
    for path, rule in found.items():
        first = seen.setdefault(_order(rule), path)
        if first is not path:
            yield Mistake(str(path), "code", f"{rule.code!r} from that day stands in {first} already")


def _circling(found: dict[Path, Rule]) -> Iterator[Mistake]:
    """Rules that are parts of themselves on some day, each once."""
    editions = sorted(found.values(), key=_order)
    days = {rule.since or date.min for rule in editions}
    held = [{rule.code: rule for rule in holding(editions, day)} for day in sorted(days)]
    told = {
        (path, key): reason
        for path, rule in found.items()
        for others in held
        if others.get(rule.code) is rule
        for key, reason in circles(rule, others)
    }
    for (path, key), reason in told.items():
        yield Mistake(str(path), key, reason)


def misnamed(
    rule: Rule, site: Site, further: Mapping[str, Collection[str]] | None = None
) -> Iterator[tuple[str, str]]:
    """(key, reason) for everything that the rule names and the site does not have.

    `further` are codes of bands and of rules that it may name; without them those are not looked at.
    """
    known: dict[str, Collection[str]] = {
        **(further or {}),
        "meter": site.meter_codes,
        "area": {area.code for area in site.areas},
        "source": {source.code for source in site.sources},
    }
    for key, what, code in rule.named():
        if what in known and code not in known[what]:
            yield key, no_such(what, code, known[what])


def read_stored(document: Mapping[str, Any], site: Site | None) -> Rule | None:
    """A rule that was put through the API; None where it cannot be any more, as after its meter left."""
    try:
        rule = read_rule(document)
    except RuleError as error:
        _LOG.warning("an alert rule that was put through the API cannot be used: %s", error)
        return None
    wrong = list(misnamed(rule, site)) if site else []
    for field, reason in wrong:
        _LOG.warning("the alert rule %s rests: %s: %s", rule.code, field, reason)
    return None if wrong else rule


def holding(rules: Sequence[Rule], day: date) -> tuple[Rule, ...]:
    """Of each code the edition that began last, where it is active."""
    begun = {rule.code: rule for rule in rules if (rule.since or date.min) <= day}
    return tuple(rule for rule in begun.values() if rule.holds(day))
