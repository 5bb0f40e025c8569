"""The site file, begun and added to: checked whole, written in one piece, in the name of whoever asks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from telemetry.api import bodies
from telemetry.api.answers import answer, documented, reference
from telemetry.api.dependencies import Dependencies
from telemetry.api.guard import Asking
from telemetry.api.problems import Mistake, Refusal
from telemetry.api.receipt import JSON
from telemetry.api.records import as_body
from telemetry.reports.forms import converted
from telemetry.settings import site_file
from telemetry.settings.mistakes import ConfigError
from telemetry.settings.site_file import Draft
from telemetry.settings.site_text import SiteTextError
from telemetry.storage import site_changes

YAML = "application/yaml"
_Item = dict[str, Any]


class PostedName(Struct, frozen=True, forbid_unknown_fields=True):
    """A name in both languages."""

    en: Annotated[str, Meta(min_length=1, max_length=200)]
    zh: Annotated[str, Meta(min_length=1, max_length=200)]


class PostedPark(Struct, frozen=True, forbid_unknown_fields=True):
    """A park of which nothing else is known yet."""

    code: Annotated[str, Meta(max_length=64, examples=["plant"])]
    name: PostedName
    zone: Annotated[str, Meta(max_length=64, examples=["Asia/Shanghai"])]
    region: Annotated[str, Meta(max_length=64, examples=["CN-GD"])]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "CNY"


class PostedAdditions(Struct, frozen=True, forbid_unknown_fields=True):
    """What comes into the site file, each as the file has it; all of it or nothing."""

    areas: Annotated[list[_Item], Meta(max_length=200)] = []
    sources: Annotated[list[_Item], Meta(max_length=50)] = []
    meters: Annotated[list[_Item], Meta(max_length=500)] = []


class SiteChange(Struct, frozen=True):
    """What stands in the file now; it holds within seconds."""

    file: str
    before: Annotated[str | None, Meta(description="File in which the one of before is kept")]
    areas: list[str]
    sources: list[str]
    meters: list[str]


EXAMPLE = SiteChange("plant.yaml", "plant.yaml.20261122T080000000000Z", [], ["line-1"], ["M-101"])
FURTHER: tuple[type[Struct], ...] = (PostedPark, PostedAdditions)
_BEGUN = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": reference(PostedPark)},
            YAML: {"schema": {"type": "string", "description": "A site file"}},
        },
    }
}


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["site"])
    alone = Lock()

    @routes.post(
        "/site",
        responses=documented("It is written", SiteChange),
        openapi_extra=_BEGUN,
        summary="Describe the park",
    )
    async def begun(request: Request, asker: Asking) -> Response:
        """The first site file: a whole one, or one with nothing but the park in it."""
        kind = bodies.media_type(request, (JSON, YAML))
        body = await (bodies.posted(request) if kind == JSON else bodies.read(request))
        return answer(await run_in_threadpool(_locked, alone, _begin, dependencies, body, asker.name))

    @routes.post(
        "/site/additions",
        responses=documented("It is written", SiteChange),
        openapi_extra=as_body(PostedAdditions),
        summary="Add to the site file",
    )
    async def extended(request: Request, asker: Asking) -> Response:
        """Areas, sources and meters at the end of the file's lists; all else in it stays as it stands."""
        posted = await bodies.form(request, PostedAdditions)
        return answer(await run_in_threadpool(_locked, alone, _extend, dependencies, posted, asker.name))

    return routes


def _locked(alone: Lock, change: Callable[..., SiteChange], *given: Any) -> SiteChange:  # noqa: ANN401  # the change's own
    with alone:
        return change(*given)


def _begin(dependencies: Dependencies, body: Any, who: str) -> SiteChange:  # noqa: ANN401  # JSON or bytes
    if dependencies.plan.site is not None or _stands(dependencies):
        raise Refusal(409, "A site file stands already; add to it, or edit it on the machine that it is on.")
    with _told():
        plan, folder = dependencies.plan, _folder(dependencies)
        if isinstance(body, bytes):
            draft = site_file.described(plan, folder, _text(body))
        else:
            draft = site_file.drawn_up(plan, folder, _park(converted(body, PostedPark)))
        lists = {
            "areas": [a.code for a in draft.site.areas],
            "sources": [s.code for s in draft.site.sources],
            "meters": [m.code for m in draft.site.meters],
        }
        return _write(dependencies, draft, lists, {"text": draft.text}, who)


def _extend(dependencies: Dependencies, posted: PostedAdditions, who: str) -> SiteChange:
    added = {"areas": posted.areas, "sources": posted.sources, "meters": posted.meters}
    if not any(added.values()):
        raise Refusal(
            422, "Nothing is to be added.", [Mistake("meters", None, "is empty, as are the others")]
        )
    with _told():
        draft = site_file.extended(dependencies.plan, added)
        codes = {key: [str(item.get("code", "")) for item in items] for key, items in added.items()}
        return _write(dependencies, draft, codes, {k: v for k, v in added.items() if v}, who)


def _write(
    dependencies: Dependencies,
    draft: Draft,
    codes: Mapping[str, list[str]],
    document: Mapping[str, Any],
    who: str,
) -> SiteChange:
    """The row that says who stands only if the file does."""
    now = datetime.now(UTC)
    with dependencies.database.connection() as tx:
        site_changes.note(tx, [code for each in codes.values() for code in each], document, who, now)
        before = site_file.keep(draft, now)
    return SiteChange(draft.file.name, before.name if before else None, **codes)


def _park(posted: PostedPark) -> dict[str, Any]:
    name = {"en": posted.name.en, "zh": posted.name.zh}
    area = {"code": posted.code, "kind": "park", "name": name}
    return {
        "code": posted.code,
        "name": name,
        "zone": posted.zone,
        "region": posted.region,
        "currency": posted.currency,
        "areas": [area],
    }


def _stands(dependencies: Dependencies) -> bool:
    """A file that is not taken up, for its mistakes or not yet, is not written over."""
    return any((_folder(dependencies) / "sites").glob("*.yaml"))


def _folder(dependencies: Dependencies) -> Path:
    if dependencies.folder is None:
        raise Refusal(409, "This service has no configuration folder; start it with PARKWATT_CONFIG_DIR.")
    return dependencies.folder


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(422, "The file is not UTF-8.", [Mistake("body", None, str(error))]) from error


@contextmanager
def _told() -> Iterator[None]:
    """Mistakes by field, and what stands in the way, as problems. Raises Refusal."""
    try:
        yield
    except ConfigError as error:
        found = [Mistake(each.key or "file", None, each.reason) for each in error.mistakes]
        raise Refusal(422, "The site file would have mistakes; errors names each.", found) from error
    except SiteTextError as error:
        raise Refusal(409, str(error)) from error
    except OSError as error:
        raise Refusal(409, f"The site file cannot be written: {error}") from error
