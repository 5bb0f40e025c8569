"""Passwords: which will do, and how they are kept and compared (Argon2id, RFC 9106)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 256
"""Characters."""
_FEWEST_KINDS = 5
"""Different characters: aaaaaaaaaaaa is none."""
_HASHER = PasswordHasher()
_COSTS = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
_NOBODYS = f"$argon2id$v=19${_COSTS}${'A' * 22}${'A' * 43}"
"""Compared with where a name is nobody's, so that this takes as long."""


def unfit(password: str, name: str) -> str | None:
    """Why it will not do; None where it will."""
    if len(password) < SHORTEST:
        return f"has fewer than {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"has more than {LONGEST} characters"
    if len(set(password)) < _FEWEST_KINDS:
        return "is made of too few different characters"
    if name and name.casefold() in password.casefold():
        return "holds the name"
    return None


def encoded(password: str) -> str:
    """What is kept of it: takes a tenth of a second and 64 MiB."""
    return _HASHER.hash(password)


def same(kept: str | None, password: str) -> bool:
    """Whether it is the one that was kept; takes as long where nothing was."""
    try:
        _HASHER.verify(kept or _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether it was kept by weaker parameters than those of today."""
    return _HASHER.check_needs_rehash(kept)
