"""The built page and what its answers carry: caching by hash, a strict Content-Security-Policy."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST = Path(__file__).parent / "dist"
PAGES = ("live", "energy", "carbon", "cost", "alerts", "meters", "collectors", "settings")
"""First parts of the addresses that the page answers itself, as web/src/route.ts names them."""
FURTHER = ("account", "enter")
"""Those that are not on the rail."""
UNBUILT = "The page has not been built. Build it with: npm --prefix web ci && npm --prefix web run build\n"
POLICY = (
    "default-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
)
_HASHED = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
_FRESH = {**HEADERS, "Cache-Control": "no-cache"}


Opening = Callable[[Request], list[str]]
"""What whoever asks for the page will be answered first."""


def _nothing(_: Request) -> list[str]:
    return []


def _early(page: str, paths: list[str]) -> str:
    """After what the page is made of: a browser keeps to six requests at a time."""
    links = "".join(f'<link rel="preload" as="fetch" crossorigin href="{path}">' for path in paths)
    return page.replace("</head>", f"{links}</head>")


class _Hashed(StaticFiles):
    """Files whose name changes with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_HASHED)
        return response


def mount(app: Starlette, dist: Path | None = None, *, opening: Opening = _nothing) -> None:
    """Serves the page of `dist` at / and at its deep links; unbuilt, / says how to build it."""
    folder = dist or DIST
    app.router.routes.extend(_page_routes(folder / "index.html", opening))
    assets = _Hashed(directory=folder / "assets", check_dir=False)
    app.router.routes.append(Mount("/assets", GZipMiddleware(assets), name="assets"))


def _page_routes(index: Path, opening: Opening) -> list[Route]:
    def page(request: Request) -> Response:
        if not index.is_file():
            return PlainTextResponse(UNBUILT, 503, headers=dict(_FRESH))
        text = index.read_text(encoding="utf-8")
        return HTMLResponse(_early(text, opening(request)), headers=_FRESH)

    links = [path for name in PAGES + FURTHER for path in (f"/{name}", f"/{name}/{{rest:path}}")]
    return [Route(path, page, methods=["GET"], include_in_schema=False) for path in ("/", *links)]
