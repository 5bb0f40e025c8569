"""The access token: printed once, kept as a hash."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from telemetry.settings.environment import Environment

_FILE = "token.sha256"


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """Whether a token that somebody offers is the one."""

    digest: bytes

    def __call__(self, offered: str) -> bool:
        return hmac.compare_digest(self.digest, _digest(offered))


def token_check(environment: Environment) -> tuple[TokenCheck | None, str | None]:
    """The check that the service asks for, and the token itself when it was made just now.

    A named token counts; else the one that stands in the data folder; else, beyond loopback, a new one.
    """
    file = environment.data_dir / _FILE
    if environment.token:
        return TokenCheck(_digest(environment.token)), None
    if file.exists():
        return TokenCheck(bytes.fromhex(file.read_text("ascii"))), None
    if environment.loopback:
        return None, None
    return _new_token(file)


def _new_token(file: Path) -> tuple[TokenCheck, str]:
    token = secrets.token_urlsafe(32)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(_digest(token).hex())
    return TokenCheck(_digest(token)), token


def _digest(token: str) -> bytes:
    # Not a password: 256 random bits need no slow hash.
    return hashlib.sha256(token.encode()).digest()
