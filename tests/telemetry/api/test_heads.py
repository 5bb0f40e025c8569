"""Requests whose heads do not arrive: ended in time, without harm to those that do."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest
import uvicorn

from telemetry.api.heads import HeadInTime

ENOUGH_S = 60.0
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
Opened = Callable[[], socket.socket]


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the body, once all of it is there."""
    body, more = b"", True
    while more and scope["type"] == "http":
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def _served(protocol: type[HeadInTime], port: int) -> Iterator[Opened]:
    config = uvicorn.Config(_echo, port=port, log_level="error", lifespan="off", http=protocol)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield lambda: socket.create_connection(("127.0.0.1", port), timeout=ENOUGH_S)
    finally:
        server.should_exit = True
        thread.join(ENOUGH_S)


def _all(conn: socket.socket) -> bytes:
    """What comes until the other end closes, which is a reset where it has not read all that was sent."""
    found = b""
    with suppress(ConnectionResetError):
        while part := conn.recv(4096):
            found += part
    return found


def _dripping(conn: socket.socket, head: bytes) -> None:
    """Byte by byte until the other end has enough, and no head is whole."""
    until = time.monotonic() + ENOUGH_S
    conn.sendall(head)
    try:
        while time.monotonic() < until:
            conn.sendall(b"x")
            conn.settimeout(0.05)
            try:
                if conn.recv(1, socket.MSG_PEEK) is not None:
                    return
            except TimeoutError:
                continue
    except OSError:
        return


class _Brief(HeadInTime):
    longest_s = 1.0


class _Two(HeadInTime):
    longest_s = ENOUGH_S
    most = 2


@pytest.mark.parametrize("head", [b"", b"GET / HTTP/1.1\r\nX-Slow: "])
def test_a_head_that_comes_byte_by_byte_is_ended(free_port: Callable[[], int], head: bytes) -> None:
    with _served(_Brief, free_port()) as opened, closing(opened()) as conn:
        _dripping(conn, head)
        conn.settimeout(ENOUGH_S)
        assert _all(conn).startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_says_nothing_is_ended(free_port: Callable[[], int]) -> None:
    with _served(_Brief, free_port()) as opened, closing(opened()) as conn:
        assert _all(conn).startswith(b"HTTP/1.1 408 ")


def test_so_is_a_second_head_on_a_connection(free_port: Callable[[], int]) -> None:
    with _served(_Brief, free_port()) as opened, closing(opened()) as conn:
        conn.sendall(HEAD + b"once")
        assert conn.recv(4096).startswith(b"HTTP/1.1 200 ")
        _dripping(conn, b"GET / HTTP/1.1\r\nX-Slow: ")
        conn.settimeout(ENOUGH_S)
        assert b"HTTP/1.1 408 " in _all(conn)


def test_a_body_may_take_longer(free_port: Callable[[], int]) -> None:
    with _served(_Brief, free_port()) as opened, closing(opened()) as conn:
        conn.sendall(HEAD + b"tw")
        time.sleep(2 * _Brief.longest_s)
        conn.sendall(b"ce")
        assert conn.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_of_too_many_that_wait_the_first_is_ended(free_port: Callable[[], int]) -> None:
    with _served(_Two, free_port()) as opened:
        conns = [opened() for _ in range(3)]
        assert _all(conns[0]).startswith(b"HTTP/1.1 408 ")
        conns[2].sendall(HEAD + b"told")
        assert conns[2].recv(4096).startswith(b"HTTP/1.1 200 ")
        for conn in conns:
            conn.close()
