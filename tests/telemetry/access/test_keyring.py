from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.access.bucket import Bucket
from telemetry.access.keyring import Keyring, new_secret
from telemetry.settings.token import digest
from telemetry.storage.keys import Key, Secret

START = datetime(2026, 6, 1, 8, tzinfo=UTC)
OLD, NEW = digest("old"), digest("new")


class Wall:
    now = START.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def ring(wall: Wall) -> Keyring:
    return Keyring(digest("first"), wall)


def secret(number: int, hashed: bytes, valid_until: datetime | None = None) -> Secret:
    return Secret(number, hashed, START, valid_until, None)


def key(*secrets: Secret) -> Key:
    return Key(id=7, name="k", roles=["read"], created_by="me", created_at=START, secrets=secrets)


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(each) == 47 and each.startswith("pwk_") for each in made)


def test_the_token_of_the_start_opens_until_the_keys_are_known(ring: Keyring) -> None:
    found = ring.find(digest("first"))
    assert found is not None
    assert found.asker.of_park
    assert not ring.ready
    ring.replace([], ring.turn())
    assert ring.ready
    assert ring.find(digest("first")) is None


def test_what_was_read_before_a_key_was_made_does_not_take_it_away(ring: Keyring) -> None:
    earlier, later = ring.turn(), ring.turn()
    ring.replace([key(secret(1, NEW))], later)
    ring.replace([], earlier)
    assert ring.find(NEW)
    ring.replace([], ring.turn())
    assert ring.find(NEW) is None


def test_two_secrets_hold_until_the_overlap_ends(ring: Keyring, wall: Wall) -> None:
    ring.replace([key(secret(1, OLD, START + timedelta(hours=1)), secret(2, NEW))], ring.turn())
    assert ring.find(OLD)
    assert ring.find(NEW)
    wall.now += 3599
    assert ring.find(OLD)
    assert ring.find(NEW)
    wall.now += 1
    assert ring.find(OLD) is None
    assert ring.find(NEW)


def test_an_expired_or_revoked_key_opens_nothing(ring: Keyring, wall: Wall) -> None:
    holds = key(secret(1, OLD, START + timedelta(days=9)))
    ring.replace([replace(holds, expires_at=START + timedelta(seconds=5))], ring.turn())
    assert ring.find(OLD)
    wall.now += 5
    assert ring.find(OLD) is None
    ring.replace([replace(holds, revoked_at=START, revoked_by="me")], ring.turn())
    assert ring.find(OLD) is None


def test_both_secrets_of_a_key_draw_from_one_bucket(ring: Keyring, wall: Wall) -> None:
    ring.replace([replace(key(secret(1, OLD), secret(2, NEW)), per_minute=2)], ring.turn())
    old, new = ring.find(OLD), ring.find(NEW)
    assert old
    assert new
    assert [ring.wait_s(old), ring.wait_s(new), ring.wait_s(old)] == [0, 0, 30]
    wall.now += 30
    assert ring.wait_s(new) == 0


def test_last_uses_are_handed_over_once(ring: Keyring, wall: Wall) -> None:
    first = ring.find(digest("first"))
    assert first
    ring.wait_s(first)
    ring.replace([key(secret(1, OLD))], ring.turn())
    found = ring.find(OLD)
    assert found
    ring.wait_s(found)
    wall.now += 60
    ring.wait_s(found)
    assert ring.drained() == {1: START + timedelta(seconds=60)}
    assert ring.drained() == {}


def test_a_last_digit_lost_in_filling_lets_nobody_wait_again() -> None:
    assert Bucket(1, 0.9999999999999998, 128.4).take(128.4) == 0


@given(
    st.integers(1, 1000),
    st.lists(st.floats(0, 20, allow_nan=False), max_size=200),
)
def test_no_more_passes_than_the_rate_allows_and_whoever_waits_as_told_passes(
    per_minute: int, pauses: list[float]
) -> None:
    bucket, now, passed = Bucket(per_minute, per_minute, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        wait = bucket.take(now)
        passed += wait == 0
        if wait:
            now += wait
            assert bucket.take(now) == 0
            passed += 1
        assert passed <= per_minute + per_minute * now / 60 + 1e-6
