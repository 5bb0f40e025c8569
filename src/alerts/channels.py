"""The kinds of channels: a module of `alerts.notify` with a `Channel` is one, and its name is the kind."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, cast

from pydantic import PlainValidator

from alerts import notify
from alerts.channel import Channel


def kinds() -> tuple[str, ...]:
    """Their names."""
    return tuple(sorted(found.name for found in iter_modules(notify.__path__)))


def checked(document: object) -> Channel:
    """A channel of whatever kind it names. Raises ValueError, with every field that is wrong."""
    if isinstance(document, Channel):
        return document
    named = document.get("kind") if isinstance(document, Mapping) else None
    if named not in kinds():
        raise ValueError(f"a channel names its kind, one of {', '.join(kinds())} (got {named!r})")
    module = import_module(f"{notify.__name__}.{named}")  # the named one alone: apprise is slow to import
    return cast("type[Channel]", module.Channel).model_validate(document)


AnyChannel = Annotated[Channel, PlainValidator(checked)]
