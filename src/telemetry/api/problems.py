"""Refusals as RFC 9457 problem documents: what is wrong, where, and what to do."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from msgspec import Meta, Struct
from starlette.exceptions import HTTPException

from ingest.errors import StoreUnavailable
from telemetry.access.errors import CodeNeeded, LinkSpent, LockedOut, NotLetIn, ProviderSilent
from telemetry.reports.errors import NamesOthers, NoSuchMeter, NoSuchPlan, NoSuchSite, PlanChanged, QueryError
from telemetry.storage.errors import ClosedToTenants, NotEntrusted, StorageUnavailable, TakesTooLong

_LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
CHALLENGE = 'Bearer realm="ParkWatt"'


class Mistake(Struct, frozen=True):
    """One thing that is wrong with a request."""

    field: Annotated[str, Meta(examples=["from"])]
    value: Annotated[str | None, Meta(description="What was sent, shortened", examples=["yesterday"])]
    reason: Annotated[str, Meta(examples=["is not an RFC 3339 time"])]


class Problem(Struct, frozen=True):
    """Why a request was refused (RFC 9457)."""

    title: Annotated[str, Meta(examples=["Unprocessable Content"])]
    status: Annotated[int, Meta(examples=[422])]
    detail: Annotated[str, Meta(examples=["The request has a mistake; errors names it."])]
    type: str = "about:blank"
    errors: tuple[Mistake, ...] = ()


class Refusal(Exception):  # noqa: N818  # it is an answer, not a fault
    """Ends a request with a problem document."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[Mistake] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def response(self) -> Response:
        problem = Problem(HTTPStatus(self.status).phrase, self.status, self.detail, errors=self.errors)
        return Response(msgspec.json.encode(problem), self.status, self.headers, MEDIA_TYPE)


def shortened(value: object, length: int = 80) -> str | None:
    """`value` as a person would recognise it, at most `length` characters."""
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= length else text[: length - 1] + "…"


def come_again(status: int, detail: str) -> Refusal:
    """The sender keeps its rows and comes again: 429 or 503 with Retry-After."""
    return Refusal(status, detail, headers={"Retry-After": str(RETRY_AFTER_S)})


def unexpected() -> Refusal:
    """A fault of ours: details go to the log under the number that the answer names."""
    number = secrets.token_hex(6)
    _LOG.exception("request failed, number %s", number)
    return Refusal(500, f"Something failed here. The log has the details under number {number}.")


def _mistake(error: Mapping[str, Any]) -> Mistake:
    place = error["loc"]
    field = ".".join(str(part) for part in place[1:]) or str(place[0])
    return Mistake(field, shortened(error.get("input")), str(error["msg"]))


async def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    mistakes = [_mistake(each) for each in error.errors()]
    return Refusal(422, "The request has a mistake; errors names it.", mistakes).response()


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    return error.response()


async def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return Refusal(error.status_code, str(error.detail), headers=error.headers).response()


async def _query(_: Request, error: Exception) -> Response:
    if not isinstance(error, QueryError):
        raise error
    mistake = Mistake(error.field, shortened(error.value), error.reason)
    return Refusal(422, "The request has a mistake; errors names it.", [mistake]).response()


async def _absent(_: Request, error: Exception) -> Response:
    return Refusal(404, str(error)).response()


async def _closed(_: Request, error: Exception) -> Response:
    return Refusal(403, str(error)).response()


async def _overtaken(_: Request, error: Exception) -> Response:
    return Refusal(409, str(error)).response()


async def _unavailable(_: Request, __: Exception) -> Response:
    return come_again(503, "The database does not answer; please come again.").response()


async def _too_long(_: Request, __: Exception) -> Response:
    return Refusal(
        503, "This takes too long to find out at once; ask for less, such as a shorter time."
    ).response()


async def _not_let_in(_: Request, error: Exception) -> Response:
    headers = {"WWW-Authenticate": CHALLENGE}
    if isinstance(error, LockedOut):
        return Refusal(429, str(error), headers={"Retry-After": str(error.wait_s)}).response()
    if isinstance(error, LinkSpent):
        return Refusal(410, str(error)).response()
    if isinstance(error, ProviderSilent):
        return come_again(503, str(error)).response()
    needed = [Mistake("code", None, "is needed")] if isinstance(error, CodeNeeded) else []
    return Refusal(401, str(error), needed, headers).response()


HANDLERS: dict[int | type[Exception], Any] = {
    RequestValidationError: _invalid,
    Refusal: _refused,
    HTTPException: _http,
    QueryError: _query,
    NotLetIn: _not_let_in,
    NoSuchMeter: _absent,
    NoSuchSite: _absent,
    NoSuchPlan: _absent,
    PlanChanged: _overtaken,
    TakesTooLong: _too_long,
    StoreUnavailable: _unavailable,
    StorageUnavailable: _unavailable,
    ClosedToTenants: _closed,
    NotEntrusted: _closed,
    NamesOthers: _closed,
}
"""Exception -> what answers it; anything else is a fault of ours and stays hidden (guard.Guard)."""
