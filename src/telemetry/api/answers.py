"""Answers as JSON or as tables, and their place in the OpenAPI document: one msgspec type serves all."""

from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlencode

import msgspec
from fastapi import Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, QueryParams
from starlette.types import Receive, Scope, Send

from telemetry.api import packing
from telemetry.api.formats import FORMATS, JSON, chosen, written
from telemetry.api.problems import MEDIA_TYPE, Problem
from telemetry.api.tables import names, tables

_OK, NOT_MODIFIED = 200, 304
_VARY = "Accept, Accept-Encoding"
TABLE = "table"
"""The parameter that chooses one, where a format holds one."""
CURSOR, FOLLOWING = "cursor", "next"
"""The parameter that asks for a further page, and the field of an answer that says which."""
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused; the problem says why."},
    "5XX": {"description": "Cannot be answered now; Retry-After says when to come again."},
}


class _Answer(Response):
    """One that goes out as who reads it prefers; unchanged since it was read before, it is not sent again."""

    def __init__(self, value: Struct, status: int) -> None:
        super().__init__(msgspec.json.encode(value), status, media_type=JSON)
        self._value = value

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET" and self.status_code == _OK:
            await run_in_threadpool(
                self._suit, scope["path"], Headers(scope=scope), QueryParams(scope["query_string"])
            )
        await super().__call__(scope, receive, send)

    def _suit(self, path: str, headers: Headers, query: QueryParams) -> None:
        """Raises Refusal."""
        media, table = chosen(headers.get("accept", "*/*")), query.get(TABLE)
        packs = media == JSON and packing.wanted(headers, len(self.body))
        following = getattr(self._value, FOLLOWING, None)
        if isinstance(following, str):
            self.headers["Link"] = f'<{path}?{urlencode(_turned(query, following))}>; rel="next"'
        mark = _mark(self.body, f"{media} {table} {packs}")
        self.headers["Vary"] = _VARY
        if _spared(self, mark, headers):
            return
        if media != JSON:
            ending, self.body = written(media, tables(self._value), table)
            name = f'attachment; filename="{PurePosixPath(path).name}.{ending}"'
            self.headers.update({"Content-Type": media, "Content-Disposition": name})
            self.headers["Content-Length"] = str(len(self.body))
        elif packs:
            self.body = packing.packed(self.body)
            self.headers.update({"Content-Encoding": packing.ENCODING, "Content-Length": str(len(self.body))})


class _File(Response):
    """One of a single form; unchanged since it was read before, it is not sent again."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _spared(self, _mark(self.body, self.media_type or ""), Headers(scope=scope))
        await super().__call__(scope, receive, send)


def _spared(response: Response, mark: str, headers: Headers) -> bool:
    """Whether whoever asks has it already, by the mark that it gets."""
    response.headers.update({"ETag": mark, "Cache-Control": "private, no-cache"})
    if mark not in _marks(headers.get("if-none-match", "")):
        return False
    response.status_code, response.body = NOT_MODIFIED, b""
    del response.headers["Content-Length"]
    return True


def _turned(query: QueryParams, following: str) -> list[tuple[str, str]]:
    """What asks for the next page."""
    return [*((name, value) for name, value in query.multi_items() if name != CURSOR), (CURSOR, following)]


def _mark(body: bytes | memoryview, form: str) -> str:
    digest = blake2b(form.encode(), digest_size=16)
    digest.update(body)
    return f'"{digest.hexdigest()}"'


def _marks(text: str) -> set[str]:
    return {each.strip().removeprefix("W/") for each in text.split(",")}


def answer(value: Struct, status: int = _OK) -> Response:
    """`value` as JSON, in which NaN becomes null; what is asked for by GET also as tables."""
    return _Answer(value, status)


def file(content: str, media: str, name: str) -> Response:
    """Text to be kept under a name."""
    return _File(content, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def reference(kind: type[Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def documented(description: str, kind: type[Struct]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with a `kind`."""
    return {200: {"description": description, "content": {"application/json": {"schema": reference(kind)}}}}


def in_tables(operation: dict[str, Any], kind: type[Struct]) -> None:
    """Say in the document of a GET which formats it offers beside JSON."""
    content = operation["responses"]["200"]["content"]
    content |= {media: {"schema": {"type": "string", "format": "binary"}} for media in FORMATS}
    operation["responses"][str(NOT_MODIFIED)] = {"description": "As the one whose ETag If-None-Match names."}
    offered = {"type": "string", "enum": names(kind)}
    description = "Which table, where the format holds one; the first without it"
    operation.setdefault("parameters", []).append(
        {"name": TABLE, "in": "query", "required": False, "description": description, "schema": offered}
    )


def problem_content() -> dict[str, Any]:
    return {MEDIA_TYPE: {"schema": reference(Problem)}}
