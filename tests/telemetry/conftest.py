"""Small parks for the databases of tests, and the moment at which they are looked at."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from telemetry.model import Site


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def make_site() -> Callable[..., Site]:
    """A park of the meters given as mappings; what they leave out is filled in."""

    def site(*meters: dict[str, Any], region: str = "CN-GD", **rest: Any) -> Site:  # noqa: ANN401  # YAML
        return Site.model_validate(
            {
                "code": "park",
                "name": {"en": "Park", "zh": "园区"},
                "zone": "Asia/Shanghai",
                "region": region,
                "areas": [
                    {"code": "park", "kind": "park", "name": {"en": "Park", "zh": "园区"}},
                    {
                        "code": "hall",
                        "kind": "enterprise",
                        "name": {"en": "Hall", "zh": "厂房"},
                        "parent": "park",
                    },
                ],
                "sources": [{"kind": "push", "code": "push"}],
                "meters": [_meter(**meter) for meter in meters],
                **rest,
            }
        )

    return site


def _meter(code: str, **rest: Any) -> dict[str, Any]:  # noqa: ANN401  # YAML
    return {"code": code, "name": {"en": code, "zh": code}, "area": "park", "source": "push", **rest}
