"""How long the head of a request may take to arrive, and how many connections may wait for one."""

import asyncio
from typing import Any, ClassVar

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_LATE = b"The head of the request did not arrive in time."


class HeadInTime(H11Protocol):
    """Ends connections whose next head does not come: uvicorn's own timer stops at the first byte of it.

    The time runs from the connection's begin, or from the first byte of a further head, whatever comes then.
    """

    longest_s: ClassVar[float] = 20.0
    most: ClassVar[int] = 500
    """Connections that wait for a head; of more the one that waits longest is ended."""
    _waiting: ClassVar[dict["HeadInTime", asyncio.TimerHandle]] = {}
    """The longest first."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._await_head()
        else:
            self._unwatch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def too_late(self) -> None:
        """Say so and close."""
        self._unwatch()
        if self.transport.is_closing() or self.conn.our_state is not h11.IDLE:
            return
        head = [("content-type", "text/plain; charset=utf-8"), ("connection", "close")]
        late = h11.Response(status_code=408, headers=head, reason=b"Request Timeout")
        for event in (late, h11.Data(data=_LATE), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _await_head(self) -> None:
        if self not in self._waiting and not self.transport.is_closing():
            self._waiting[self] = self.loop.call_later(self.longest_s, self.too_late)
            if len(self._waiting) > self.most:
                next(iter(self._waiting)).too_late()

    def _unwatch(self) -> None:
        timer = self._waiting.pop(self, None)
        if timer is not None:
            timer.cancel()
