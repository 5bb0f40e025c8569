"""The kinds of sources: a module of `ingest.collectors` with a `Source` is one, and its name is the kind."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType
from typing import Annotated, ClassVar, cast

from pydantic import PlainValidator, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from ingest.errors import TemplateError
from ingest.pace import Pace
from ingest.template import Code, Frozen, Template

_COLLECTORS = "ingest.collectors"


class Source(Frozen):
    """Where readings come from; each kind says in its own module what else it needs to know."""

    protocol: ClassVar[str] = ""
    """What it speaks, as a person writes it; empty: as the kind says."""
    heeds: ClassVar[frozenset[str]] = frozenset()
    """Which fields of a meter's pace have a meaning behind it."""
    kind: str
    code: Code
    edge: Code | None = None
    """The edge that reads it and posts its readings here; None: the service reads it itself."""

    @property
    def expected_s(self) -> float | None:
        """How often its meters are read [s]; None where they come as they please."""
        return None

    def period_s(self, pace: Pace) -> float | None:
        """How often a meter of this pace is read [s]; None as for `expected_s`."""
        line_s = self.expected_s
        return None if line_s is None else pace.period_s(line_s)

    @property
    def place(self) -> str:
        """Where it is reached, for a person; empty where it comes by itself."""
        return ""

    def misfit(self, address: str | int | None) -> str | None:  # noqa: ARG002  # kinds with addresses of a form look at it
        """Why no meter can have this address behind it; None where one can."""
        return None


def kind(name: str) -> ModuleType | None:
    """The module of a kind; None when there is none of this name."""
    path = f"{_COLLECTORS}.{name}"
    module = import_module(path) if name.isidentifier() and find_spec(path) else None
    return module if hasattr(module, "Source") else None


def read_source(document: object) -> Source:
    """A checked source of whatever kind it names. Raises ValueError, with every field that is wrong."""
    if isinstance(document, Source):
        return document
    module = _named(document, "kind", "Source")
    return cast("type[Source]", module.Source).model_validate(document)


def read_template(document: object) -> Template:
    """A checked template. Raises TemplateError with every field that is wrong, its value and the reason."""
    try:
        return TEMPLATE.validate_python(document)
    except ValidationError as error:
        raise TemplateError("\n".join(map(_complaint, error.errors()))) from error


def _template(document: object) -> Template:
    if isinstance(document, Template):
        return document
    module = _named(document, "protocol", "Template")
    return cast("type[Template]", module.Template).model_validate(document)


def _named(document: object, key: str, part: str) -> ModuleType:
    """The module that the document names by `key`. Raises ValueError when it has no such `part`."""
    if not isinstance(document, Mapping):
        raise ValueError(f"an object with {key} is needed here")  # noqa: TRY004  # pydantic takes ValueError alone
    name = document.get(key)
    module = kind(name) if isinstance(name, str) else None
    if not hasattr(module, part):
        raise ValueError(f"{key} {name!r} is none of {', '.join(_having(part))}")
    return cast("ModuleType", module)


def _having(part: str) -> Iterator[str]:
    names = sorted(found.name for found in iter_modules(import_module(_COLLECTORS).__path__))
    return (name for name in names if hasattr(kind(name), part))


def _complaint(item: ErrorDetails) -> str:
    where = ".".join(str(part) for part in item["loc"])
    shown = "" if isinstance(item["input"], dict | list) else f" (got {item['input']!r})"
    reason = f"{item['msg'].removeprefix('Value error, ')}{shown}"
    return f"{where}: {reason}" if where else reason


AnySource = Annotated[Source, PlainValidator(read_source)]
AnyTemplate = Annotated[Template, PlainValidator(_template)]
TEMPLATE: TypeAdapter[Template] = TypeAdapter(AnyTemplate)
