"""Request bodies: bounded while they arrive, and bounded again while they are unpacked."""

import zlib

from starlette.requests import ClientDisconnect, Request

from telemetry.api.problems import Mistake, Refusal

BODY_BYTES = 8 * 1024 * 1024
UNPACKED_BYTES = 32 * 1024 * 1024
_GZIP = 31  # zlib's window bits for a gzip wrapper


def _too_large(limit: int) -> Refusal:
    return Refusal(413, f"The body is larger than {limit} bytes; send it in parts.")


async def read(request: Request, limit: int = BODY_BYTES) -> bytes:
    """The body, at most `limit` bytes whatever its headers claim. Raises Refusal (400, 413)."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise _too_large(limit)
    except ClientDisconnect:
        raise Refusal(400, "The body ended early.") from None
    return bytes(body)


def require_json(request: Request) -> None:
    """Raises Refusal (415) unless the body is declared as JSON."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json":
        mistake = Mistake("Content-Type", declared or None, "has to be application/json")
        raise Refusal(415, "Only JSON is read here.", [mistake])


def unpack(body: bytes, encoding: str, limit: int = UNPACKED_BYTES) -> bytes:
    """The body without its gzip wrapper. Raises Refusal (400, 413, 415)."""
    if encoding in {"", "identity"}:
        return body
    if encoding != "gzip":
        mistake = Mistake("Content-Encoding", encoding, "has to be gzip or absent")
        raise Refusal(415, "This encoding is not read here.", [mistake])
    return _gunzip(body, limit)


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
