"""The kinds of rules: a module of `alerts.rules` with a `Rule` is one, and its name is the kind."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, cast

from pydantic import PlainValidator, ValidationError

from alerts import rules
from alerts.errors import RuleError
from alerts.rule import Rule


def kinds() -> dict[str, type[Rule]]:
    """Every kind by its name."""
    names = sorted(found.name for found in iter_modules(rules.__path__))
    return {name: cast("type[Rule]", import_module(f"{rules.__name__}.{name}").Rule) for name in names}


def checked(document: object) -> Rule:
    """A rule of whatever kind it names. Raises ValueError, with every field that is wrong."""
    if isinstance(document, Rule):
        return document
    if not isinstance(document, Mapping):
        raise ValueError("an object with kind, code and name is needed here")  # noqa: TRY004  # pydantic takes ValueError alone
    known = kinds()
    kind = known.get(str(document.get("kind")))
    if kind is None:
        raise ValueError(f"kind {document.get('kind')!r} is none of {', '.join(known)}")
    return kind.model_validate(document)


def read_rule(document: object) -> Rule:
    """A checked rule. Raises RuleError."""
    try:
        return checked(document)
    except ValidationError as error:
        told = ((e["loc"], e["msg"].removeprefix("Value error, ")) for e in error.errors())
        raise RuleError([_located(".".join(map(str, loc)), reason) for loc, reason in told]) from error
    except ValueError as error:
        raise RuleError([("", str(error))]) from error


def _located(field: str, reason: str) -> tuple[str, str]:
    """A reason that concerns several fields begins with the one that is wrong."""
    named, colon, rest = reason.partition(": ")
    return (named, rest) if not field and colon and named.isidentifier() else (field, reason)


AnyRule = Annotated[Rule, PlainValidator(checked)]
