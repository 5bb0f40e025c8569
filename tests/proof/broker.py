"""Mosquitto in a process of its own, with persistence, that a test may kill; and who looks on before it."""

import shutil
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

MOSQUITTO = """
listener {port} 127.0.0.1
allow_anonymous true
user root
persistence true
persistence_location {folder}/
autosave_interval 1
max_inflight_messages 1000
max_queued_messages 1000000
set_tcp_nodelay true
"""


class Broker:
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._log = (folder / "broker.log").open("ab")
        self._config = folder / "broker.conf"
        self._config.write_text(MOSQUITTO.format(port=port, folder=folder))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(self.program), "-c", self._config]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError(f"the broker did not start; see {self._log.name}")

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        self.kill()
        self._log.close()


class Witness:
    """Passes packets between ParkWatt and the broker, and notes the payloads that ParkWatt acknowledged."""

    def __init__(self, broker: int) -> None:
        self.acknowledged: set[bytes] = set()
        witness = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError), socket.create_connection(("127.0.0.1", broker), timeout=5) as onward:
                    onward.settimeout(None)
                    _Conversation(self.request, onward, witness.acknowledged).run()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Conversation:
    """One connection: which payload stands behind which packet id."""

    def __init__(self, client: socket.socket, broker: socket.socket, acknowledged: set[bytes]) -> None:
        self._client = client
        self._broker = broker
        self._acknowledged = acknowledged
        self._waiting: dict[int, bytes] = {}
        self._level = 4

    def run(self) -> None:
        other = threading.Thread(target=self._pump, args=(self._broker, self._client, self._published))
        other.start()
        self._pump(self._client, self._broker, self._sent)
        other.join()

    def _pump(self, source: socket.socket, target: socket.socket, note: Callable[[int, bytes], None]) -> None:
        with suppress(OSError):
            for first, body, packet in _packets(source):
                note(first, body)
                target.sendall(packet)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _sent(self, first: int, body: bytes) -> None:
        if first >> 4 == 1:
            self._level = body[6]
        elif first >> 4 == 4:
            self._acknowledged.add(self._waiting.pop(int.from_bytes(body[:2])))

    def _published(self, first: int, body: bytes) -> None:
        if first >> 4 != 3 or not first & 0b0110:
            return
        at = 2 + int.from_bytes(body[:2])
        number, at = int.from_bytes(body[at : at + 2]), at + 2
        if self._level == 5:
            length, at = _varint(body, at)
            at += length
        self._waiting[number] = body[at:]


def _packets(source: socket.socket) -> Iterator[tuple[int, bytes, bytes]]:
    """First byte, body and the whole of each packet."""
    data = b""
    while received := source.recv(65536):
        data += received
        while len(data) >= 2 and (end := _end(data)) and len(data) >= end[1]:
            body, stop = end
            yield data[0], data[body:stop], data[:stop]
            data = data[stop:]


def _end(data: bytes) -> tuple[int, int] | None:
    """Where the body of the first packet begins and ends; None where its length has not come."""
    try:
        length, body = _varint(data, 1)
    except IndexError:
        return None
    return body, body + length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not data[at - 1] & 0x80:
            return value, at
