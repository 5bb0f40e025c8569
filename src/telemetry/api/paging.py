"""Long lists page by page: what an answer says as `next` is the `cursor` of the page after it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from fastapi import Depends, Query
from msgspec import Meta

from telemetry.reports.errors import QueryError

Number: TypeAlias = Annotated[int, Meta(ge=1, le=(1 << 63) - 1)]
Row = TypeVar("Row")
Key = TypeVar("Key", bound=tuple[Any, ...])
Next: TypeAlias = Annotated[
    str | None, Meta(description="Ask with it as `cursor` for the next page, all else as before; null: none")
]
Cursor = Annotated[str | None, Query(max_length=500, description="The `next` of the page before")]
_USUAL, _MOST = 1000, 10_000


def marked(key: tuple[Any, ...]) -> str:
    """The cursor of a row with this key."""
    return urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def found(cursor: str | None, kind: type[Key]) -> Key | None:
    """The key that a cursor stands for. Raises QueryError."""
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key: Key | None = None if b"\\u0000" in text else msgspec.json.decode(text, type=kind)
    except ValueError:
        key = None
    if key is None:
        raise QueryError("cursor", cursor, "is not the next of an answer to this question")
    return key


@dataclass(frozen=True, slots=True)
class _Page:
    cursor: Cursor = None
    limit: Annotated[int, Query(ge=1, le=_MOST, description="Rows of a page")] = _USUAL

    @property
    def wanted(self) -> int:
        """Rows to ask for: one more than are shown tells whether that is all."""
        return self.limit + 1

    def after(self, kind: type[Key]) -> Key | None:
        """The key of the last row of the page before; None: this is the first. Raises QueryError."""
        return found(self.cursor, kind)

    def cut(
        self, rows: Sequence[Row], key: Callable[[Row], tuple[Any, ...]]
    ) -> tuple[Sequence[Row], str | None]:
        """The rows of this page, and `next`."""
        shown = rows[: self.limit]
        return shown, marked(key(shown[-1])) if len(rows) > self.limit else None


Page = Annotated[_Page, Depends(_Page)]
