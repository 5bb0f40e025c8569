import asyncio
from typing import Any

import numpy as np

from ingest.batch import Batch
from ingest.polling import Fetched, Poller
from ingest.rhythm import Station


class Sink:
    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        return np.zeros(len(batch), np.uint8)


class Deaf(Poller[Station]):
    """As through a library that loses a cancellation."""

    def __init__(self) -> None:
        super().__init__("line", "test", [Station("a"), Station("b")], lambda: 5.0, 0.01)
        self.asked: list[str] = []

    async def fetch(self, station: Station) -> Fetched:
        self.asked.append(station.meter)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return Fetched()

    def close(self) -> None:
        self.asked.append("left")


def test_a_poll_whose_library_loses_the_cancellation_asks_no_further_meter() -> None:
    line = Deaf()

    async def scenario() -> None:
        running = asyncio.create_task(line.run(Sink()))
        async with asyncio.timeout(60):
            while not line.asked:  # noqa: ASYNC110  # another task asks
                await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.wait({running})

    asyncio.run(scenario())
    assert line.asked == ["a", "left", "left"]
