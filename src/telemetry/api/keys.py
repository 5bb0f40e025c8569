"""Keys of programs, for whoever may manage them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from telemetry.access.asker import Asker
from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.guard import Asking
from telemetry.api.records import as_body
from telemetry.reports import keys
from telemetry.reports.keys import KeyEntry, MadeKey, PostedKey, PostedRotation, SecretEntry
from telemetry.storage import keys as stored


class KeyList(Struct, frozen=True):
    """Every key there ever was."""

    keys: list[KeyEntry]


_AT = datetime.fromisoformat("2026-11-22T08:00:00+08:00")
ENTRY = KeyEntry(
    id=3,
    name="telegraf-hall-2",
    roles=["push"],
    areas=[],
    meters=["M-101"],
    sources=None,
    per_minute=6000,
    created_by="first token",
    created_at=_AT,
    expires_at=None,
    revoked_by=None,
    revoked_at=None,
    secrets=[SecretEntry(_AT, None, _AT.replace(hour=9))],
)
EXAMPLE = MadeKey("shown-this-once", ENTRY)
LIST_EXAMPLE = KeyList([ENTRY])
FURTHER: tuple[type[Struct], ...] = (PostedKey, PostedRotation)
_Number = Annotated[int, Path(ge=1, lt=1 << 31, examples=[3])]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["keys"])

    @routes.get("/keys", responses=documented("Keys", KeyList), summary="Keys")
    def listed() -> Response:
        """Who may do what until when, and when each secret was last used; no secret is known here."""
        with dependencies.database.connection() as tx:
            return answer(KeyList([keys.entry(key) for key in stored.listed(tx)]))

    @routes.post(
        "/keys",
        responses=documented("It holds; the secret is shown this once", MadeKey),
        openapi_extra=as_body(PostedKey),
        summary="Make a key",
    )
    async def make(request: Request, asker: Asking) -> Response:
        """A key for a program: in roles of the table of permissions, for areas, meters and sources."""
        return answer(await run_in_threadpool(_make, dependencies, await bodies.posted(request), asker))

    @routes.post(
        "/keys/{number}/rotation",
        responses=documented("Both secrets hold for the overlap", MadeKey),
        openapi_extra=as_body(PostedRotation),
        summary="Rotate a key",
    )
    async def rotate(request: Request, number: _Number) -> Response:
        """A further secret; those of before hold until the overlap ends."""
        posted = await bodies.form(request, PostedRotation)
        return answer(await run_in_threadpool(_rotate, dependencies, number, posted))

    @routes.post(
        "/keys/{number}/revocation", responses=documented("Revoked", KeyEntry), summary="Revoke a key"
    )
    def revoke(number: _Number, asker: Asking) -> Response:
        """It opens nothing from now on; of other processes of the service within two seconds."""
        with dependencies.database.connection() as tx:
            told = keys.revoke(tx, number, asker.name, datetime.now(UTC))
        _renew(dependencies)
        return answer(told)

    return routes


def _make(dependencies: Dependencies, body: Any, asker: Asker) -> MadeKey:  # noqa: ANN401  # JSON
    with dependencies.database.connection() as tx:
        made = keys.make(tx, dependencies.plan.site, body, asker.name, datetime.now(UTC))
    _renew(dependencies)
    return made


def _rotate(dependencies: Dependencies, number: int, posted: PostedRotation) -> MadeKey:
    with dependencies.database.connection() as tx:
        made = keys.rotate(tx, number, posted.overlap_hours, datetime.now(UTC))
    _renew(dependencies)
    return made


def _renew(dependencies: Dependencies) -> None:
    ring = dependencies.settings.access.ring
    turn = ring.turn()
    with dependencies.database.connection() as tx:
        found = stored.listed(tx)
    ring.replace(found, turn)
