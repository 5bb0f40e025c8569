"""Sign in by a provider of OpenID Connect: to it and back."""

from datetime import UTC, datetime
from html import escape
from typing import Annotated

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from telemetry.access import vouching
from telemetry.access.errors import NotLetIn, NotVouched
from telemetry.access.provider import Attempt, Provider
from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.problems import Refusal
from telemetry.api.records import as_body
from telemetry.api.session import address_of, let_in
from telemetry.storage.people import Person

_COOKIE = "parkwatt_sign_in"
_LASTS_S = 600
_BACK = "/api/v1/session/provider/return"
_REFUSED = """<!doctype html>
<meta charset="utf-8"><title>ParkWatt</title>
<h1>Not signed in · 未能登录</h1>
<p>{reason}</p>
<p lang="zh">身份提供方未能让您登录, 原因如上。</p>
<p><a href="/">ParkWatt</a></p>
"""


class ToProvider(Struct, forbid_unknown_fields=True):
    """Nothing, or an invitation to use up."""

    link: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)] | None,
        Meta(
            description="What follows the mark # in a link: from then on the provider vouches for its account"
        ),
    ] = None


class ProviderAddress(Struct, frozen=True):
    """Where to go on."""

    address: Annotated[str, Meta(description="The browser that asked goes there, within ten minutes")]


EXAMPLE = ProviderAddress("https://sso.park.example/auth?client_id=parkwatt&response_type=code")
FURTHER: tuple[type[Struct], ...] = (ToProvider,)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["session"])
    access = dependencies.settings.access

    @routes.post(
        "/session/provider",
        responses=documented("Where to go on", ProviderAddress),
        openapi_extra=as_body(ToProvider),
        summary="Begin to sign in by a provider",
    )
    async def begin(request: Request) -> Response:
        """Sets a cookie by which the way back is known again; 404 where no provider is named."""
        provider = _provider(dependencies)
        access.knock(address_of(request))
        attempt = Attempt.fresh((await bodies.secret(request, ToProvider)).link)
        told = await run_in_threadpool(provider.address, attempt, _back(dependencies, request))
        response = answer(ProviderAddress(told))
        _keep(dependencies, request, response, msgspec.json.encode(attempt).hex(), _LASTS_S)
        return response

    @routes.get(
        _BACK.removeprefix("/api/v1"),
        status_code=303,
        responses={303: {"description": "Signed in: on to the page"}, 403: {"description": "Not signed in"}},
        response_class=RedirectResponse,
        summary="Come back from a provider",
    )
    async def back(request: Request) -> Response:
        """What the provider says is checked; then as any other sign-in of a person."""
        provider = _provider(dependencies)
        access.knock(address_of(request))
        try:
            person = await run_in_threadpool(_person, dependencies, provider, request)
        except NotLetIn as error:
            response: Response = _refused(error)
        else:
            response = await run_in_threadpool(let_in, dependencies, request, person)
            response.status_code, response.headers["Location"] = 303, "/"
        _keep(dependencies, request, response, "", 0)
        return response

    return routes


def _provider(dependencies: Dependencies) -> Provider:
    """Raises Refusal (404)."""
    provider = dependencies.settings.provider
    if provider is None:
        raise Refusal(404, "No provider of sign-ins is named here (PARKWATT_OIDC_ISSUER).")
    return provider


def _person(dependencies: Dependencies, provider: Provider, request: Request) -> Person:
    """Raises NotLetIn, StorageError."""
    attempt = _attempt(request.cookies.get(_cookie(dependencies, request), ""))
    claims = provider.claims(attempt, request.query_params, _back(dependencies, request))
    origin, now, issuer = address_of(request), datetime.now(UTC), provider.settings.issuer
    with dependencies.store.connection() as tx:
        vouching.withdrawn(tx, provider.settings, claims, now)
    with dependencies.store.connection() as tx:
        if attempt.link is not None:
            return vouching.bound(tx, issuer, claims, attempt.link, origin, now)
        return vouching.admitted(tx, provider.settings, claims, origin, now)


def _attempt(cookie: str) -> Attempt:
    """Raises NotVouched."""
    try:
        return msgspec.json.decode(bytes.fromhex(cookie), type=Attempt)
    except (ValueError, msgspec.DecodeError) as error:
        raise NotVouched("this sign-in was not begun in this browser, or too long ago") from error


def _back(dependencies: Dependencies, request: Request) -> str:
    return f"{dependencies.settings.url or str(request.base_url).rstrip('/')}{_BACK}"


def _cookie(dependencies: Dependencies, request: Request) -> str:
    return f"__Host-{_COOKIE}" if dependencies.settings.secure(request) else _COOKIE


def _keep(dependencies: Dependencies, request: Request, response: Response, value: str, lasts_s: int) -> None:
    """Lax: it has to come along when the provider sends the browser back."""
    response.set_cookie(
        _cookie(dependencies, request),
        value,
        max_age=lasts_s,
        path="/",
        httponly=True,
        samesite="lax",
        secure=dependencies.settings.secure(request),
    )


def _refused(error: NotLetIn) -> HTMLResponse:
    return HTMLResponse(_REFUSED.format(reason=escape(str(error))), 403)
