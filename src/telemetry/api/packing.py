"""Answers packed for the way, for whoever says that they unpack them."""

import zlib
from collections.abc import Mapping

ENCODING = "gzip"
_PAYS_FROM = 1_000
"""Bytes; a shorter answer fits into one packet anyway."""
_LEVEL, _GZIP_BITS = 1, 31
"""JSON is all repetition: higher levels take longer than the line saves."""


def wanted(headers: Mapping[str, str], size: int) -> bool:
    """Whether an answer of `size` bytes goes out packed."""
    return size >= _PAYS_FROM and any(map(_takes, headers.get("accept-encoding", "").lower().split(",")))


def packed(body: bytes | memoryview) -> bytes:
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP_BITS)
    return packer.compress(body) + packer.flush()


def _takes(offer: str) -> bool:
    name, _, weight = offer.partition(";")
    return name.strip() == ENCODING and weight.replace(" ", "") not in {"q=0", "q=0.0"}
