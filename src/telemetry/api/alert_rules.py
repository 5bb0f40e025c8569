"""The rules of alerts: what holds, and how each is doing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Request, Response
from msgspec import Meta, Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool

from accounting.grid import moment_of
from alerts.engine import Health
from alerts.errors import RuleError
from alerts.kinds import read_rule
from alerts.order import circles
from alerts.rule import Rule
from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import site_of, zone_of
from telemetry.api.problems import Mistake, Refusal
from telemetry.api.records import as_body
from telemetry.reports.moment import Moment
from telemetry.reports.own_rules import about, strange
from telemetry.settings.alert_rules import misnamed, read_stored
from telemetry.settings.plan import Plan
from telemetry.storage import alert_rules
from telemetry.storage.alert_rules import Document, Edition, Owner, Standing

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
PostedDocument = Annotated[dict[str, Any], Meta(description="As a file of config/alerts has it")]
_Code = Annotated[str, Path(max_length=64, examples=["incomer-overload"])]


class PostedRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that holds from now on in place of the one with its code."""

    rule: PostedDocument
    who: _Word
    reason: _Word


class PostedRemoval(Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes a rule away, and why."""

    who: _Word
    reason: _Word


class RuleHealth(Struct, frozen=True):
    """How a rule is doing in the process that evaluates."""

    evaluations: int
    failures: int
    failing: bool
    last_evaluated: Moment | None
    last_error: str
    took_s: Annotated[float, Meta(description="The last evaluation [s]")]
    blind: Annotated[
        list[str],
        Meta(description="Meters that it cannot judge: they are read and show nothing of what it judges by"),
    ]


class RuleEntry(Struct, frozen=True):
    """One rule as it stands."""

    code: str
    origin: Annotated[str, Meta(description="file or api; what a file has is changed there")]
    rule: dict[str, Any]
    areas: Annotated[
        list[str] | None, Meta(description="Of whoever is let in for these and put it; null: the park's")
    ]
    health: Annotated[RuleHealth | None, Meta(description="null: this process does not evaluate it")]


class RuleList(Struct, frozen=True):
    """By code."""

    rules: list[RuleEntry]


class RuleEdition(Struct, frozen=True):
    number: int
    rule: Annotated[dict[str, Any] | None, Meta(description="null: it was taken away")]
    who: str
    at: Moment
    reason: str


class RuleHistory(Struct, frozen=True):
    """Every edition that was put through the API, the newest first."""

    code: str
    editions: list[RuleEdition]


_AT = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
_RULE = {
    "kind": "limit",
    "code": "incomer-overload",
    "name": {"en": "Incomer above its rating", "zh": "进线超过额定功率"},
    "quantity": "active_power",
    "above": "6300 kW",
}
LIST_EXAMPLE = RuleList(
    [
        RuleEntry(
            "incomer-overload",
            "api",
            _RULE,
            None,
            RuleHealth(90, 0, failing=False, last_evaluated=_AT, last_error="", took_s=2e-4, blind=["M-1"]),
        )
    ]
)
HISTORY_EXAMPLE = RuleHistory("incomer-overload", [RuleEdition(2, _RULE, "li.na", _AT, "new transformer")])
FURTHER: tuple[type[Struct], ...] = (PostedRule, PostedRemoval)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["alerts"])

    @routes.get("/alert-rules", responses=documented("Rules", RuleList), summary="Rules")
    def listed() -> Response:
        """Those of files and those put through the API, with their health.

        For single areas: those put for them, and those of files that name nothing foreign.
        """
        return answer(_listed(dependencies))

    @routes.post(
        "/alert-rules",
        responses=documented("It holds", RuleHistory),
        openapi_extra=as_body(PostedRule),
        summary="Put a rule",
    )
    async def put(request: Request) -> Response:
        """Alerts of the edition before that no longer hold are over; a code that a file has is refused.

        For single areas it is about their own meters, whatever else of them it names or leaves open.
        """
        posted = await bodies.form(request, PostedRule)
        return answer(await run_in_threadpool(_put, dependencies, posted))

    @routes.get(
        "/alert-rules/{code}/history",
        responses=documented("Editions", RuleHistory),
        summary="A rule's history",
    )
    def history(code: _Code) -> Response:
        """Who put which edition when, and why."""
        return answer(_history(dependencies, code))

    @routes.post(
        "/alert-rules/{code}/removal",
        responses=documented("It is gone", RuleHistory),
        openapi_extra=as_body(PostedRemoval),
        summary="Take a rule away",
    )
    async def remove(request: Request, code: _Code) -> Response:
        """Its alerts are over; its history stays."""
        posted = await bodies.form(request, PostedRemoval)
        return answer(await run_in_threadpool(_remove, dependencies, code, posted))

    return routes


def _listed(dependencies: Dependencies) -> RuleList:
    zone, healths = zone_of(dependencies.plan), dependencies.rule_health()
    scope, now = dependencies.database.scope(), datetime.now(UTC)
    filed = [rule for rule in dependencies.plan.rules if scope is None or about(rule, scope, now)]
    with dependencies.database.connection() as tx:
        put = alert_rules.standing(tx)
    found = [RuleEntry(rule.code, "file", written(rule), None, None) for rule in filed]
    found += [_entry(each) for each in put]
    found.sort(key=lambda each: each.code)
    seen = None if scope is None else {code for code in scope.meters if scope.holds(code, now)}
    return RuleList([replace(each, health=_health(healths.get(each.code), zone, seen)) for each in found])


def _entry(of: Standing) -> RuleEntry:
    return RuleEntry(str(of.document["code"]), "api", dict(of.document), _areas(of.owner), None)


def _areas(owner: Owner) -> list[str] | None:
    return None if owner is None else sorted(owner)


def written(rule: Rule) -> dict[str, Any]:
    """The rule as a file would have it, with what it leaves out."""
    return rule.model_dump(mode="json", by_alias=True)


def _health(of: Health | None, zone: ZoneInfo, seen: Collection[str] | None) -> RuleHealth | None:
    """`seen`: meters of whoever asks; None: all."""
    if of is None:
        return None
    blind = [code for code in of.blind if seen is None or code in seen]
    at = moment_of(of.last_evaluated_us).astimezone(zone) if of.last_evaluated_us else None
    return RuleHealth(of.evaluations, of.failures, of.failing, at, of.last_error, of.took_s, blind)


def read(dependencies: Dependencies, document: Mapping[str, Any]) -> Rule:
    """Raises Refusal (422)."""
    try:
        rule = read_rule(document)
    except RuleError as error:
        raise _refused(error.mistakes) from error
    with dependencies.database.connection() as tx:
        standing = [each.document for each in alert_rules.standing(tx)]
    own = _foreign(dependencies, rule, {str(document["code"]) for document in standing})
    wrong = own or _misnamed(dependencies.plan, rule, standing)
    if wrong:
        raise _refused(wrong)
    return rule


def _foreign(dependencies: Dependencies, rule: Rule, own: Collection[str]) -> list[tuple[str, str]]:
    """What of it is not theirs who ask; `own` are codes of their rules."""
    scope = dependencies.database.scope()
    return [] if scope is None else list(strange(rule, scope, own, datetime.now(UTC)))


def _misnamed(plan: Plan, rule: Rule, standing: Sequence[Document]) -> list[tuple[str, str]]:
    put = {each.code: each for each in (read_stored(document, plan.site) for document in standing) if each}
    codes = {str(document["code"]) for document in standing} | {each.code for each in plan.rules}
    known = {"band": plan.library.bands, "rule": codes}
    return [*misnamed(rule, site_of(plan), known), *circles(rule, put)]


def _refused(mistakes: Sequence[tuple[str, str]]) -> Refusal:
    named = [Mistake(f"rule.{field}".rstrip("."), None, reason) for field, reason in mistakes]
    return Refusal(422, "The rule cannot be; errors names why.", named)


def _put(dependencies: Dependencies, posted: PostedRule) -> RuleHistory:
    rule, owner = read(dependencies, posted.rule), dependencies.database.areas
    filed = rule.code in {each.code for each in dependencies.plan.rules}
    with dependencies.database.signed() as tx:
        alert_rules.lock(tx, rule.code)
        newest = next(iter(alert_rules.history(tx, rule.code)), None)
        standing = newest is not None and newest.document is not None
        if filed or (standing and newest is not None and _areas(newest.owner) != _areas(owner)):
            raise _taken(rule.code, filed=filed and owner is None)
        now = datetime.now(UTC)
        alert_rules.put(tx, rule.code, posted.rule, posted.who, posted.reason, owner=owner, now=now)
    return _history(dependencies, rule.code)


def _taken(code: str, *, filed: bool) -> Refusal:
    if filed:
        return Refusal(409, f"A file has the rule {code!r}; change it there, or choose another code.")
    return Refusal(409, f"Another rule bears the code {code!r}; choose another one.")


def _remove(dependencies: Dependencies, code: str, posted: PostedRemoval) -> RuleHistory:
    _history(dependencies, code)
    with dependencies.database.signed() as tx:
        alert_rules.lock(tx, code)
        [newest, *_] = alert_rules.history(tx, code)
        if dependencies.database.cut and _areas(newest.owner) != _areas(dependencies.database.areas):
            raise _no_rule(code)
        now = datetime.now(UTC)
        alert_rules.put(tx, code, None, posted.who, posted.reason, owner=newest.owner, now=now)
    return _history(dependencies, code)


def _history(dependencies: Dependencies, code: str) -> RuleHistory:
    zone = zone_of(dependencies.plan)
    with dependencies.database.connection() as tx:
        found = alert_rules.history(tx, code)
    if not found:
        raise _no_rule(code)
    return RuleHistory(code, [_edition(each, zone) for each in found])


def _no_rule(code: str) -> Refusal:
    return Refusal(404, f"No rule {code!r} was put through the API. GET /api/v1/alert-rules lists all.")


def _edition(of: Edition, zone: ZoneInfo) -> RuleEdition:
    document = dict(of.document) if of.document is not None else None
    return RuleEdition(of.number, document, of.put_by, of.put_at.astimezone(zone), of.reason)
