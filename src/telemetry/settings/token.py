"""What the door knows before the database answers: the token of the first start, whether accounts stand."""

import hashlib
import os
import secrets
from pathlib import Path

from telemetry.settings.environment import Environment

_FILE = "token.sha256"
_ACCOUNTS = "accounts"
"""Stands in the data folder while anybody has an account."""


def digest(secret: str) -> bytes:
    # Not a password: 256 random bits need no slow hash.
    return hashlib.sha256(secret.encode()).digest()


def first_token(environment: Environment) -> tuple[bytes | None, str | None]:
    """The hash of the token that the service begins with, and the token itself when it was made just now.

    A named token counts; else the one that stands in the data folder; else, beyond loopback, a new one.
    """
    file = environment.data_dir / _FILE
    if environment.token:
        return digest(environment.token), None
    if file.exists():
        return bytes.fromhex(file.read_text("ascii")), None
    if environment.loopback:
        return None, None
    token = _new_token(file)
    return digest(token), token


def _new_token(file: Path) -> str:
    token = secrets.token_urlsafe(32)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(digest(token).hex())
    return token


def note_accounts(data_dir: Path, *, anybody: bool) -> None:
    """Write down that accounts stand, so that the door stays closed while the database is away."""
    file = data_dir / _ACCOUNTS
    if anybody:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(0o600)
    else:
        file.unlink(missing_ok=True)


def accounts_noted(data_dir: Path) -> bool:
    return (data_dir / _ACCOUNTS).exists()
