"""Sources that others post to: rows, columns or an Arrow stream over HTTP."""

from typing import Literal

from ingest.kinds import Source as _Source


class PushSource(_Source):
    protocol = "HTTP"
    kind: Literal["push"]
    zone: str | None = None
    """Zone of its times when they carry none; without it such times are refused."""


Source = PushSource
