"""What people post, field by field: read into its form, or refused with the field at fault."""

import math
import re
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from telemetry.reports.errors import QueryError

_FREE = frozenset({"note", "reason"})
"""Fields that hold sentences."""
_PLACE = re.compile(r"`(\w+)`$|`\$\.([\w.\[\]]+)`$")
T = TypeVar("T", bound=Struct)


def converted(row: Any, form: type[T]) -> T:  # noqa: ANN401  # JSON
    """Raises QueryError."""
    try:
        posted = msgspec.convert(row, form)
    except msgspec.ValidationError as error:
        raise _mistake(row, str(error)) from error
    for field in msgspec.structs.fields(posted):
        _check(field.name, getattr(posted, field.name))
    return posted


def _check(field: str, value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise QueryError(field, value, "is not a number")
    if not isinstance(value, str):
        return
    if field not in _FREE and value != value.strip():
        raise QueryError(field, value, "begins or ends with a space")
    if field == "reason" and not value.strip():
        raise QueryError(field, value, "is empty")
    if not value.isprintable():
        raise QueryError(field, value, "holds a character that cannot be printed")


def _mistake(row: Any, told: str) -> QueryError:  # noqa: ANN401  # JSON
    """What msgspec says of a row, as field, value and reason."""
    if not isinstance(row, dict):
        return QueryError("row", row, "is no object")
    found = _PLACE.search(told)
    field = (found[1] or found[2]) if found else "row"
    reason = told.partition(" - at ")[0]
    if reason.startswith("Object missing"):
        return QueryError(field, None, "is missing")
    if reason.startswith("Object contains unknown"):
        return QueryError(field, None, "is no field of this")
    return QueryError(field, _standing(row, field), reason[0].lower() + reason[1:].replace("`", ""))


def _standing(row: Any, place: str) -> Any:  # noqa: ANN401  # JSON
    """What stands at a place such as values[1]; None where nothing does."""
    for name in re.findall(r"\w+", place):
        if isinstance(row, dict):
            row = row.get(name)
        else:
            row = row[int(name)] if isinstance(row, list) and name.isdecimal() else None
    return row
