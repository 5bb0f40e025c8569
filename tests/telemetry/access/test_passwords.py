"""Passwords and codes: which will do, what is kept of them, and when a code is good."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.access import codes, passwords

GOOD = "four words on a slip"
NOW = datetime(2026, 6, 1, 8, 0, 10, tzinfo=UTC)
RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The secret of the test vectors of RFC 6238, "12345678901234567890"."""


def test_a_good_password_is_kept_as_argon2id_encodes_it_and_known_again() -> None:
    kept = passwords.encoded(GOOD)
    assert kept.startswith("$argon2id$")
    assert GOOD not in kept
    assert passwords.same(kept, GOOD)
    assert not passwords.same(kept, GOOD + " ")
    assert passwords.encoded(GOOD) != kept
    assert not passwords.outdated(kept)


def test_nobodys_password_takes_as_long_to_compare_as_one_that_was_kept() -> None:
    assert extract_parameters(passwords._NOBODYS) == extract_parameters(passwords.encoded(GOOD))


def test_nothing_is_the_password_of_nobody() -> None:
    assert not passwords.same(None, "nobody has this one")
    assert not passwords.same("not encoded", GOOD)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("eleven-char", "has fewer than 12 characters"),
        ("x" * 257, "has more than 256 characters"),
        ("abababababab", "is made of too few different characters"),
        ("LI.NA-and-more-1", "holds the name"),
    ],
)
def test_passwords_that_will_not_do(password: str, reason: str) -> None:
    assert passwords.unfit(password, "li.na") == reason
    assert passwords.unfit(GOOD, "li.na") is None


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(second: int, code: str) -> None:
    at = datetime.fromtimestamp(second, UTC)
    assert codes.step_of(RFC, code, at) == second // 30
    assert codes.step_of(RFC, f"{code[:3]} {code[3:]}", at) == second // 30


@given(st.integers(-10_000, 10_000))
@settings(deadline=None)
def test_a_code_is_good_for_its_step_and_one_beside_it(offset_s: int) -> None:
    step = int(NOW.timestamp()) // 30
    secret, then = codes.new_secret(), NOW + timedelta(seconds=offset_s)
    shown = codes.step_of(secret, pyotp.TOTP(secret).at(then), NOW)
    apart = int(then.timestamp()) // 30 - step
    if abs(apart) <= 1:
        assert shown == step + apart
    else:
        assert shown is None or abs(shown - step) <= 1  # two steps may show one code


@pytest.mark.parametrize("code", ["", "28708", "2870820", "二八七零八二", "abcdef"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert codes.step_of(RFC, code, datetime.fromtimestamp(59, UTC)) is None
