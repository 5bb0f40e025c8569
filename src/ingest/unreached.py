"""Why a place is not reached, in words for whoever has to mend it."""

import errno
import re
import socket
from collections.abc import Mapping
from types import MappingProxyType

_SETTINGS = "it does not take these settings: baudrate, parity, stop_bits"
_WORDS: Mapping[int, str] = MappingProxyType(
    {
        errno.ECONNREFUSED: "nothing listens there",
        errno.ENOENT: "there is no such port",
        errno.EACCES: "whoever runs ParkWatt may not open it (on Debian that is the group dialout)",
        errno.EAGAIN: "another program has it open",
        errno.EBUSY: "another program has it open",
        errno.ENOTTY: "it is no serial port",
        errno.EINVAL: _SETTINGS,
    }
)
_NUMBER = re.compile(r"\[Errno (\d+)\]")


def unreached(error: BaseException) -> str:
    """Of sockets and serial ports, whose driver raises errors of several families."""
    if isinstance(error, socket.gaierror):
        return "no such host is known here"
    known = [_WORDS.get(number) for number in _numbers(error)]
    return (known[0] if known else None) or str(error) or "no answer"


def _numbers(error: BaseException) -> list[int]:
    """One where all addresses of a host failed alike: asyncio joins their texts and drops their numbers."""
    if isinstance(error, OSError) and error.errno is not None:
        return [error.errno]
    cause = error.__context__ if isinstance(error, OSError) and error.__context__ else error
    if cause.args and isinstance(cause.args[0], int):
        return [cause.args[0]]
    found = {int(number) for number in _NUMBER.findall(str(error))}
    return list(found) if len(found) == 1 else []
