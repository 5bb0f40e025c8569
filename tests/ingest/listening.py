"""Servers of tests on loopback: whoever is connected still is let go before the loop ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_UNDER_WAY = 5
"""Turns of the loop within which a connection that was taken is served."""


@asynccontextmanager
async def listening(serve: Serve, port: int = 0) -> AsyncIterator[int]:
    """The port. In the end each connection is closed, and who serves it is heard out."""
    serving, known = set[asyncio.Task[None]](), set[asyncio.Task[None]]()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        known.add(task)
        serving.add(task)
        with suppress(asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
            await serve(reader, writer)
        serving.discard(task)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(served, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for _ in range(_UNDER_WAY):
            await asyncio.sleep(0)
        for task in serving:
            task.cancel()
        await asyncio.gather(*known)
