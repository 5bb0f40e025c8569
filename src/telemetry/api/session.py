"""Sign in: a key opens a session for the page."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Meta, Struct

from telemetry.api import bodies
from telemetry.api.access import COOKIE, SESSION_S
from telemetry.api.answers import reference
from telemetry.api.dependencies import Settings
from telemetry.api.problems import Refusal

_TOKEN_BYTES = 4096


class Token(Struct, forbid_unknown_fields=True):
    """What signs in."""

    token: Annotated[
        str, Meta(min_length=1, max_length=512, examples=["the-token-that-the-first-start-printed"])
    ]


_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": reference(Token)}}}
}


def router(settings: Settings) -> APIRouter:
    routes = APIRouter(tags=["session"])

    @routes.post("/session", status_code=204, openapi_extra=_BODY, summary="Sign in")
    async def sign_in(request: Request) -> Response:
        """Sets a session cookie for twelve hours."""
        bodies.media_type(request, ("application/json",))
        token = _token(await bodies.read(request, _TOKEN_BYTES))
        return _with_cookie(settings.access.sign_in(token), SESSION_S, secure=settings.secure_cookies)

    @routes.delete("/session", status_code=204, summary="Sign out")
    async def sign_out(request: Request) -> Response:
        """Ends the session and takes its cookie away."""
        settings.access.sign_out(request.cookies.get(COOKIE, ""))
        return _with_cookie("", 0, secure=settings.secure_cookies)

    return routes


def _token(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=Token).token
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(422, f"The body cannot be read: {error}.") from error


def _with_cookie(value: str, lasts_s: int, *, secure: bool) -> Response:
    response = Response(status_code=204)
    response.set_cookie(
        COOKIE, value, max_age=lasts_s, path="/", httponly=True, samesite="strict", secure=secure
    )
    return response
