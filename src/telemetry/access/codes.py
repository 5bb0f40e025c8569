"""Codes of an authenticator app: six digits that change every thirty seconds (RFC 6238)."""

import hmac
from datetime import datetime

import pyotp

_ISSUER = "ParkWatt"
_DRIFT = (0, -1, 1)
"""Steps by which the other clock may differ."""


def new_secret() -> str:
    """160 random bits, in the letters that authenticators take."""
    return pyotp.random_base32()


def address(secret: str, name: str) -> str:
    """What an authenticator reads from a square of dots or a link."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=_ISSUER)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of 30 s that this code is of; None where it is none of now."""
    totp = pyotp.TOTP(secret)
    typed = code.replace(" ", "").encode()
    found = (
        drift for drift in _DRIFT if hmac.compare_digest(totp.at(now, counter_offset=drift).encode(), typed)
    )
    drift = next(found, None)
    return None if drift is None else totp.timecode(now) + drift
