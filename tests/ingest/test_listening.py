import asyncio
import gc

import pytest
from listening import Serve, listening


async def _brief(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readexactly(1))


async def _deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readexactly(1))
    await asyncio.Event().wait()


@pytest.mark.parametrize("serve", [_brief, _deaf])
def test_no_connection_outlives_the_loop_of_a_test(serve: Serve) -> None:
    """What is left is a warning, and so a failure, of whichever test runs when it is collected."""

    async def scenario() -> None:
        async with listening(serve) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            late = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for _, each in ((reader, writer), *late):
            each.close()
            await each.wait_closed()

    asyncio.run(scenario())
    gc.collect()
