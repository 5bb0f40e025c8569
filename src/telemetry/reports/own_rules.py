"""Alert rules of whoever is let in for single areas: about their own meters, one by one, and nothing else."""

from collections.abc import Collection, Iterator
from datetime import datetime

from alerts.rule import Rule
from telemetry.settings.mistakes import no_such
from telemetry.storage.alert_rules import Document, Standing
from telemetry.storage.tenancy import Scope


def narrowed(standing: Standing) -> Document | None:
    """As it is evaluated: about its owner's meters alone; None where none of them is left."""
    if standing.meters is None:
        return standing.document
    where = dict(standing.document.get("where") or {})
    named = where.get("meters")
    where["meters"] = [code for code in standing.meters if not named or code in named]
    return {**standing.document, "where": where} if where["meters"] else None


def strange(rule: Rule, scope: Scope, rules: Collection[str], now: datetime) -> Iterator[tuple[str, str]]:
    """(field, reason) for all of a rule that is not theirs alone; `rules` are codes of their own."""
    if not rule.apart:
        yield (
            "kind",
            f"{rule.kind} looks at more than meters one by one, which is for people of the whole park",
        )
    known: dict[str, Collection[str]] = {
        "meter": {code for code in scope.meters if scope.holds(code, now)},
        "area": {code for code in scope.areas if scope.keeps(code, now, now)},
        "source": (),
        "rule": rules,
    }
    for field, what, code in rule.named():
        if what in known and code not in known[what]:
            yield field, no_such(what, code, known[what])


def about(rule: Rule, scope: Scope, now: datetime) -> bool:
    """Whether a rule of the park names nothing that is not theirs."""
    return not any(strange(rule, scope, (), now))
