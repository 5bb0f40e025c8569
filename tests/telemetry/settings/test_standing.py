"""What stands is left out of the search for garbage, and is garbage when a newer plan has taken its place."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from telemetry.settings import standing


class _Node:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_stands_is_not_looked_at_again() -> None:
    node = _Node()
    standing.leave_out()
    assert gc.get_freeze_count() > 0
    assert not any(each is node for each in gc.get_objects())


def test_what_stood_before_goes_when_what_stands_changes() -> None:
    node = _Node()
    gone = weakref.ref(node)
    standing.leave_out()
    del node
    gc.collect()
    assert gone() is not None
    standing.leave_out()
    assert gone() is None
