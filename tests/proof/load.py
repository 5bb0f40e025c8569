"""Who sends while things are killed: a poster, a publisher, and a Modbus device that is polled."""

import json
import socketserver
import struct
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import paho.mqtt.client as mqtt

START = datetime(2026, 1, 1, tzinfo=UTC)
METERS = ("a", "b", "c")
TOPIC = "proof/d/state"
_IN_FLIGHT = 200


class Poster(threading.Thread):
    """Posts rows in order, each until it is acknowledged, and remembers what was."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.acknowledged = 0
        self.spooled = 0
        self.resent = 0
        self._url = f"{url}/api/v1/readings"
        self._ended = threading.Event()

    def run(self) -> None:
        with httpx.Client(timeout=20) as client:
            while not self._ended.is_set():
                self._post(client, rows(self.acknowledged))
                self.acknowledged += 1

    def _post(self, client: httpx.Client, body: list[dict[str, object]]) -> None:
        while True:
            with suppress(httpx.HTTPError):
                answer = client.post(self._url, json=body)
                if answer.status_code == httpx.codes.OK:
                    self.spooled += answer.json()["spooled"]
                    return
            self.resent += 1
            time.sleep(0.02)

    def end(self) -> None:
        self._ended.set()
        self.join(120)
        assert not self.is_alive()


def rows(number: int) -> list[dict[str, object]]:
    """The rows of the n-th post: three meters, ten seconds each."""
    moments = [START + timedelta(seconds=10 * number + second) for second in range(10)]
    return [
        {"meter": meter, "time": moment.isoformat(), "values": {"energy_import": 10.0 * number + second}}
        for meter in METERS
        for second, moment in enumerate(moments)
    ]


def payload(number: int) -> bytes:
    return json.dumps({"t": int(START.timestamp()) + number, "v": number}).encode()


class Publisher(threading.Thread):
    """Publishes one number after the other at QoS 1, and goes on where the broker went away."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.published = 0
        self._port = port
        self._waiting: set[int] = set()
        self._answered: deque[int] = deque()
        self._ended = threading.Event()
        version = mqtt.CallbackAPIVersion.VERSION2
        self._client = mqtt.Client(version, "proof", clean_session=False, protocol=mqtt.MQTTv311)
        self._client.on_publish = self._acknowledged
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def run(self) -> None:
        while not self._ended.is_set():
            if self._unanswered() < _IN_FLIGHT:
                self.publish([self.published])
                self.published += 1
            time.sleep(0.002)

    def publish(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._waiting.add(self._client.publish(TOPIC, payload(number), qos=1).mid)

    def _acknowledged(self, _client: object, _data: object, mid: int, *_rest: object) -> None:
        self._answered.append(mid)

    def _unanswered(self) -> int:
        while self._answered:
            self._waiting.discard(self._answered.popleft())
        return len(self._waiting)

    def flush(self) -> None:
        """Until the broker has acknowledged everything."""
        deadline = time.monotonic() + 120
        while left := self._unanswered():
            assert time.monotonic() < deadline, f"{left} messages without an answer"
            time.sleep(0.02)

    def end(self) -> None:
        self._ended.set()
        self.join(60)
        self.flush()

    def close(self) -> None:
        self._ended.set()
        self._client.disconnect()
        self._client.loop_stop()


class Device:
    """A meter on Modbus TCP whose counter is one higher each time it is read."""

    def __init__(self) -> None:
        self.served = 0
        device = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while len(head := self.rfile.read(7)) == 7:
                    transaction, _, length, unit = struct.unpack(">HHHB", head)
                    code = self.rfile.read(length - 1)[0]
                    device.served += 1
                    self.wfile.write(struct.pack(">HHHBBBI", transaction, 0, 7, unit, code, 4, device.served))

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
