"""Request bodies: bounded while they arrive, and bounded again while they are unpacked."""

import asyncio
import zlib
from collections.abc import Collection
from typing import Any, TypeVar

import msgspec
import zstandard
from msgspec import Struct
from starlette.requests import ClientDisconnect, Request

from telemetry.api.problems import Mistake, Refusal, shortened
from telemetry.reports.forms import converted

JSON = "application/json"
PATIENCE_S = 120.0
"""How long a body may take to arrive."""
BODY_BYTES = 8 * 1024 * 1024
UNPACKED_BYTES = 32 * 1024 * 1024
_SECRET_BYTES = 4096
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
T = TypeVar("T", bound=Struct)
_GZIP = 31  # zlib's window bits for a gzip wrapper


def _too_large(limit: int) -> Refusal:
    return Refusal(413, f"The body is larger than {limit} bytes; send it in parts.")


async def read(request: Request, limit: int = BODY_BYTES) -> bytes:
    """The body, at most `limit` bytes whatever its headers claim. Raises Refusal (400, 408, 413)."""
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except ClientDisconnect:
        raise Refusal(400, "The body ended early.") from None
    except TimeoutError:
        raise Refusal(408, f"The body took more than {PATIENCE_S:g} s; send it in parts.") from None
    return bytes(body)


def media_type(request: Request, known: Collection[str]) -> str:
    """What the body is declared as. Raises Refusal (415) unless it is one of `known`."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared not in known:
        mistake = Mistake("Content-Type", declared or None, f"has to be {' or '.join(known)}")
        raise Refusal(415, "A body of this kind is not read here.", [mistake])
    return declared


async def plain(request: Request) -> bytes:
    """A JSON body without its wrapper. Raises Refusal (400, 408, 413, 415)."""
    media_type(request, (JSON,))
    return unpack(await read(request), request.headers.get("content-encoding", ""))


def document(body: bytes) -> Any:  # noqa: ANN401  # JSON
    """What it says. Raises Refusal (422)."""
    try:
        return msgspec.json.decode(body)
    except _UNREADABLE as error:
        mistake = Mistake("body", shortened(body.decode(errors="replace")), _why(error))
        raise Refusal(422, "The body cannot be read.", [mistake]) from error


async def posted(request: Request) -> Any:  # noqa: ANN401  # JSON
    """What a JSON body says. Raises Refusal (400, 408, 413, 415, 422)."""
    return document(await plain(request))


async def form(request: Request, kind: type[T]) -> T:
    """A JSON body as one `kind`. Raises Refusal (400, 408, 413, 415, 422), QueryError."""
    return converted(await posted(request), kind)


async def secret(request: Request, kind: type[T]) -> T:
    """What a small JSON body says, which no refusal repeats. Raises Refusal (400, 413, 415, 422)."""
    media_type(request, (JSON,))
    packed = await read(request, _SECRET_BYTES)
    body = unpack(packed, request.headers.get("content-encoding", ""), _SECRET_BYTES)
    try:
        return msgspec.json.decode(body, type=kind)
    except _UNREADABLE as error:
        raise Refusal(422, f"The body cannot be read: {_why(error)}.") from error


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not in UTF-8, as JSON has to be"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def unpack(body: bytes, encoding: str, limit: int = UNPACKED_BYTES) -> bytes:
    """The body without its wrapper, at most `limit` bytes. Raises Refusal (400, 413, 415)."""
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "zstd"}:
        mistake = Mistake("Content-Encoding", encoding, "has to be gzip, zstd or absent")
        raise Refusal(415, "This encoding is not read here.", [mistake])
    return _gunzip(body, limit) if encoding == "gzip" else _unzstd(body, limit)


def _gunzip(body: bytes, limit: int) -> bytes:
    wrapper = zlib.decompressobj(_GZIP)
    try:
        plain = wrapper.decompress(body, limit + 1)
    except zlib.error as error:
        raise Refusal(400, f"The gzip body cannot be unpacked: {error}.") from error
    if len(plain) > limit:
        raise _too_large(limit)
    if not wrapper.eof or wrapper.unused_data:
        raise Refusal(400, "The body has to be one whole gzip member.")
    return plain


def _unzstd(body: bytes, limit: int) -> bytes:
    unpacker = zstandard.ZstdDecompressor(max_window_size=UNPACKED_BYTES)
    whole = unpacker.decompressobj()
    try:
        # A frame need not declare its size, and what unpacks all of it knows no bound: look how far it goes.
        if len(unpacker.stream_reader(body).read(limit + 1)) > limit:
            raise _too_large(limit)
        plain = whole.decompress(body)
    except zstandard.ZstdError as error:
        raise Refusal(400, f"The zstd body cannot be unpacked: {error}.") from error
    if not whole.eof or whole.unused_data:
        raise Refusal(400, "The body has to be one whole zstd frame.")
    return plain
