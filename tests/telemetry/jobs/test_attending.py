"""What goes on beside the sending ends before the service does, and before what takes its place begins."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from telemetry.jobs import attending
from telemetry.jobs.attending import Attendant


@dataclass
class Presence:
    """A channel that says when it comes and goes, and may miss a cancellation."""

    name: str
    words: list[str]
    misses: int = 0

    async def attend(self, variables: object) -> None:
        del variables
        self.words.append(f"{self.name} online")
        try:
            await self._hold()
        finally:
            await asyncio.sleep(0.05)
            self.words.append(f"{self.name} offline")

    async def _hold(self) -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.misses -= 1
                if self.misses < 0:
                    raise


class House:
    """Contacts that come and go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attending, "_LOOK_S", 0.01)
        monkeypatch.setattr(attending, "_GOODBYE_S", 1.0)
        self.words: list[str] = []
        self.directory = SimpleNamespace(contacts=[])
        self.current: Any = SimpleNamespace(plan=SimpleNamespace(directory=self.directory))

    def has(self, *names: str, misses: int = 0) -> None:
        channels = [Presence(name, self.words, misses) for name in names]
        self.directory.contacts = [SimpleNamespace(code="duty", channels=channels)]

    async def until(self, word: str) -> None:
        while word not in self.words:  # noqa: ASYNC110  # another task says it
            await asyncio.sleep(0.01)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    return House(monkeypatch)


@pytest.mark.parametrize("misses", [0, 1])
def test_a_presence_has_said_that_it_goes_when_the_service_ends(house: House, misses: int) -> None:
    async def passed() -> None:
        running = asyncio.create_task(Attendant(house.current).run())
        await house.until("a online")
        running.cancel()
        await asyncio.wait({running})
        assert house.words == ["a online", "a offline"]

    house.has("a", misses=misses)
    asyncio.run(asyncio.wait_for(passed(), 60))


@pytest.mark.parametrize("misses", [0, 1])
def test_a_channel_that_is_changed_ends_before_the_new_one_begins(house: House, misses: int) -> None:
    async def passed() -> None:
        running = asyncio.create_task(Attendant(house.current).run())
        await house.until("a online")
        house.has("b")
        await house.until("b online")
        running.cancel()
        await asyncio.wait({running})
        assert house.words == ["a online", "a offline", "b online", "b offline"]

    house.has("a", misses=misses)
    asyncio.run(asyncio.wait_for(passed(), 60))
