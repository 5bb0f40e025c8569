"""The running service, as commands reach it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from telemetry.edge.link import Link
from telemetry.settings.environment import Environment


@contextmanager
def linked(
    environment: Environment, to: str | None, authority: Path | None, *, plain: bool
) -> Iterator[Link]:
    """The one at the address `to`; None: the one of this machine. Raises ConfigError."""
    url = to or f"http://127.0.0.1:{environment.port}"
    with closing(Link.to(url, environment.token, authority, plain=plain)) as link:
        yield link
