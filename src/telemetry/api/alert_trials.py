"""What a rule would have told over a range of the past."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from telemetry.api import bodies
from telemetry.api.alert_rules import PostedDocument, read
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import zone_of
from telemetry.api.problems import Mistake, Refusal, come_again
from telemetry.api.records import as_body
from telemetry.reports.alerts import AlertChange, supposed
from telemetry.reports.steps import moment
from telemetry.reports.trial import MOST_TOLD, Trial
from telemetry.reports.trials import RunningTrial, TrialState

_Time = Annotated[str, Meta(max_length=40)]
_Id = Annotated[str, Path(max_length=32, pattern="^[0-9a-f]+$", examples=["f3a9b0c1d2e4f506"])]


class PostedTrial(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A rule over a range of the past, at most 31 days."""

    rule: PostedDocument
    from_: Annotated[_Time | None, Meta(description="Default: 7 days before to")] = None
    to: Annotated[_Time | None, Meta(description="Default: now")] = None


class TrialAnswer(Struct, frozen=True):
    """What the rule would have told, by the readings that are kept today."""

    changes: list[AlertChange]
    step_s: Annotated[int, Meta(description="Holds and clear times were counted in steps of it [s]")]
    cut: Annotated[bool, Meta(description=f"There were more than {MOST_TOLD}")]


EXAMPLE = TrialAnswer([], 30, cut=False)
RUNNING_EXAMPLE = RunningTrial(
    id="f3a9b0c1d2e4f506",
    state=TrialState.RUNNING,
    share=0.42,
    seconds=3.1,
    told=7,
    changes=[],
    step_s=60,
    cut=False,
    reason="",
)
FURTHER: tuple[type[Struct], ...] = (PostedTrial,)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["alerts"])

    @routes.post(
        "/alert-rules/test",
        responses=documented("What it would have told", TrialAnswer),
        openapi_extra=as_body(PostedTrial),
        summary="Try a rule on the past",
    )
    async def test(request: Request) -> Response:
        """The changes that the rule would have told. Nothing is kept, nobody is told.

        Answers at the end; a trial that is begun shows how far it is.
        """
        return answer(await run_in_threadpool(_tried, dependencies, await _posted(request)))

    @routes.post(
        "/alert-rules/trials",
        responses=documented("The trial has begun", RunningTrial),
        openapi_extra=as_body(PostedTrial),
        summary="Begin to try a rule on the past",
    )
    async def begun(request: Request) -> Response:
        """The same in the background; its id asks how far it is."""
        return answer(await run_in_threadpool(_begun, dependencies, await _posted(request)))

    @routes.get(
        "/alert-rules/trials/{code}",
        responses=documented("How far it is", RunningTrial),
        summary="A trial of a rule",
    )
    def found(code: _Id) -> Response:
        """With the changes when it has ended; forgotten when the service starts again."""
        return answer(_found(dependencies, code))

    @routes.post(
        "/alert-rules/trials/{code}/end",
        responses=documented("It ends soon", RunningTrial),
        summary="End a trial",
    )
    def ended(code: _Id) -> Response:
        """It answers with what it has found until then."""
        dependencies.trials.end(code)
        return answer(_found(dependencies, code))

    return routes


async def _posted(request: Request) -> PostedTrial:
    return await bodies.form(request, PostedTrial)


def _trial(dependencies: Dependencies, posted: PostedTrial) -> Trial:
    """Raises Refusal."""
    zone = zone_of(dependencies.plan)
    hi = datetime.now(UTC) if posted.to is None else moment(posted.to, "to", zone)
    lo = hi - timedelta(days=7) if posted.from_ is None else moment(posted.from_, "from", zone)
    if lo >= hi:
        raise Refusal(422, "The range is empty.", [Mistake("to", posted.to, "has to be after from")])
    return Trial(read(dependencies, posted.rule), lo, hi)


def _tried(dependencies: Dependencies, posted: PostedTrial) -> TrialAnswer:
    trial, zone = _trial(dependencies, posted), zone_of(dependencies.plan)
    found = list(islice(trial.transitions(dependencies.database, dependencies.plan), MOST_TOLD + 1))
    changes = [supposed(each, zone) for each in found[:MOST_TOLD]]
    return TrialAnswer(changes, trial.step_s, len(found) > MOST_TOLD)


def _begun(dependencies: Dependencies, posted: PostedTrial) -> RunningTrial:
    trial, plan = _trial(dependencies, posted), dependencies.plan
    code = dependencies.trials.live(trial, dependencies.database, plan, zone_of(plan))
    if code is None:
        raise come_again(429, "Two trials run already; please come again.")
    return _found(dependencies, code)


def _found(dependencies: Dependencies, code: str) -> RunningTrial:
    found = dependencies.trials.answer(code)
    if found is None:
        raise Refusal(
            404, f"No trial has the id {code}; the newest 50 are kept until the service starts again."
        )
    return found
