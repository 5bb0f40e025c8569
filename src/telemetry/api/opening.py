"""What the page asks first, told with the page, so that the answers come while its program is read."""

from collections.abc import Callable

from starlette.requests import Request

from telemetry.access.asker import Asker
from telemetry.access.permissions import PERMISSIONS
from telemetry.api.dependencies import Dependencies
from telemetry.api.problems import Refusal

_LIVE, _PARK, _SESSION = "/api/v1/live", ("/api/v1/meters", "/api/v1/site"), "/api/v1/session"


def opening(dependencies: Dependencies) -> Callable[[Request], list[str]]:
    """Addresses that will be asked and answered, the longest answer first; none that would be refused."""

    def asked(request: Request) -> list[str]:
        asker = _asker(dependencies, request)
        if asker is None or dependencies.plan.site is None:
            return [_SESSION]
        drawn = () if dependencies.feed.picture is None else (_LIVE,)
        return [*(path for path in (*drawn, *_PARK) if _opens(asker, path)), _SESSION]

    return asked


def _asker(dependencies: Dependencies, request: Request) -> Asker | None:
    try:
        return dependencies.settings.access.asker(request)
    except Refusal:
        return None


def _opens(asker: Asker, path: str) -> bool:
    return asker.refused(PERMISSIONS.rule("GET", path)) is None
