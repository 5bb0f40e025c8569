import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from accounting.quantity import CATALOGUE, Kind
from telemetry.demo.faults import Faults
from telemetry.demo.history import past_rows, post_past
from telemetry.demo.instruments import Instruments
from telemetry.demo.memory import Memory
from telemetry.demo.registers import DemoError
from telemetry.demo.service import Service, Stopped

NOW = 1_795_332_600
Reply = tuple[int, dict[str, str], object]


class Recorder:
    """A service of our own making: takes rows, and answers first what it was told to."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.scripted: list[Reply] = []
        self.largest = 10**9
        self.stands = True

    def reply(self, method: str, path: str, body: bytes) -> Reply:
        if self.scripted:
            return self.scripted.pop(0)
        if path == "/readyz":
            return 200, {}, {}
        if method == "GET":
            return 200, {}, {"times": ["2026-10-18T00:00:00+08:00"] if self.stands else []}
        rows = json.loads(body)
        if len(rows) > self.largest:
            return 413, {}, {}
        self.rows += rows
        return 200, {}, {"accepted": len(rows), "duplicate": 0, "conflict": 0, "spooled": 0, "rejected": []}


@contextmanager
def serving(recorder: Recorder) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            recorder.headers.append(dict(self.headers))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, document = recorder.reply(self.command, self.path, body)
            content = json.dumps(document).encode()
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815  # the name that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def service(recorder: Recorder) -> Iterator[Service]:
    with serving(recorder) as url:
        opened = Service(url, "a-token-of-sixteen", lambda: False)
        yield opened
        opened.close()


def test_a_day_is_a_row_for_each_meter_and_quarter_hour(instruments: Instruments) -> None:
    rows = list(past_rows(instruments, Faults(), NOW - 86400, NOW))
    assert {row["meter"] for row in rows} == set(instruments.by_code)
    assert len(rows) == 60 * 96
    assert {row["time"] for row in rows if row["meter"] == "P-M01"} >= {"2026-11-21T07:30:00Z"}


def test_rows_hold_counters_as_the_device_shows_them_and_the_power(instruments: Instruments) -> None:
    rows = [row for row in past_rows(instruments, Faults(), NOW - 900, NOW) if row["meter"] == "A-M07"]
    values = rows[0]["values"]
    assert isinstance(values, dict)
    course = instruments.simulation.course(np.array([NOW - 900.0]))
    column = instruments.by_code["A-M07"].column
    assert values["active_power"] * 80 == pytest.approx(course.rate[0, column], rel=1e-5)
    assert all(name in CATALOGUE for name in values)
    assert {"energy_import", "energy_export", "active_power"} == set(values)


@pytest.mark.parametrize(
    ("code", "flow"),
    [
        ("P-G01", "gas_flow"),
        ("P-S01", "steam_flow"),
        ("P-W01", "water_flow"),
        ("A-K01", "cooling_power"),
        ("A-R01", "recovered_heat_power"),
        ("P-T01", "irradiance"),
    ],
)
def test_rows_hold_what_flows_at_the_moment(instruments: Instruments, code: str, flow: str) -> None:
    now = instruments.now(code, NOW - 900.0, Faults())
    rows = [row for row in past_rows(instruments, Faults(), NOW - 900, NOW) if row["meter"] == code]
    values = rows[0]["values"]
    assert isinstance(values, dict)
    assert now is not None
    assert values[flow] == pytest.approx(now[flow], abs=1e-3)


def test_the_past_never_falls_and_meets_the_present(instruments: Instruments) -> None:
    t = np.arange(NOW - 35 * 86400, NOW, 900, dtype=np.float64)
    course, moment = instruments.simulation.course(t), np.array([float(NOW)])
    for code in instruments.by_code:
        now = instruments.past(code, moment, instruments.simulation.course(moment), Faults())
        for name, values in instruments.past(code, t, course, Faults()).items():
            if CATALOGUE[name].kind is Kind.COUNTER:
                assert (np.diff(values) >= 0).all(), (code, name)
                assert now[name][0] >= values[-1], (code, name)


def run(service: Service, instruments: Instruments, memory: Memory) -> list[str]:
    said: list[str] = []
    post_past(
        service,
        instruments=instruments,
        faults=Faults(),
        memory=memory,
        clock=lambda: float(NOW),
        say=said.append,
    )
    return said


@pytest.fixture
def short(tmp_path: Path, instruments: Instruments) -> Memory:
    """A diary in which all but the last three days stand."""
    memory = Memory(tmp_path / "demo.json", instruments.simulation.epoch_s)
    memory.note_posted(memory.epoch_s + 86400, NOW - 3 * 86400)
    return memory


def test_what_is_missing_is_posted_once_and_written_down(
    service: Service, recorder: Recorder, instruments: Instruments, short: Memory
) -> None:
    said = run(service, instruments, short)
    assert len(recorder.rows) == 3 * 60 * 96
    assert len({(row["meter"], row["time"]) for row in recorder.rows}) == len(recorder.rows)
    assert said[-1].startswith("past readings: day 4 of 4, 17280 rows")
    assert recorder.headers[-1]["Authorization"] == "Bearer a-token-of-sixteen"
    recorder.rows.clear()
    again = Memory.recall(short.path.parent, NOW)
    assert run(service, instruments, again) == []
    assert recorder.rows == []


def test_a_database_that_was_replaced_gets_the_whole_past(
    service: Service, recorder: Recorder, instruments: Instruments, tmp_path: Path
) -> None:
    recorder.stands = False
    memory = Memory(tmp_path / "demo.json", NOW - 2 * 86400)
    memory.note_posted(NOW - 86400, NOW)
    run(service, instruments, memory)
    assert len(recorder.rows) == 60 * 96


def test_a_service_that_is_busy_or_starting_is_asked_again(service: Service, recorder: Recorder) -> None:
    recorder.scripted = [(503, {"Retry-After": "0"}, {}), (429, {"Retry-After": "0"}, {})]
    service.post([{"meter": "A"}, {"meter": "B"}])
    assert [row["meter"] for row in recorder.rows] == ["A", "B"]


def test_rows_too_many_for_one_body_are_halved(service: Service, recorder: Recorder) -> None:
    recorder.largest = 3
    service.post([{"meter": str(n)} for n in range(10)])
    assert [row["meter"] for row in recorder.rows] == [str(n) for n in range(10)]


@pytest.mark.parametrize(
    "reply",
    [
        (422, {}, {"title": "nothing accepted"}),
        (200, {}, {"rejected": [{"row": 0, "field": "values", "value": 1, "reason": "no"}]}),
    ],
)
def test_a_refusal_ends_the_posting_with_its_reason(
    service: Service, recorder: Recorder, reply: Reply
) -> None:
    recorder.scripted = [reply]
    with pytest.raises(DemoError, match="past readings"):
        service.post([{"meter": "A"}])


def test_a_service_with_accounts_is_told_of_with_what_to_do(service: Service, recorder: Recorder) -> None:
    recorder.scripted = [(401, {}, {"title": "no token"})]
    with pytest.raises(
        DemoError, match=r"has an account or a token; .* stay empty.* set to a long.*要求表明"
    ):
        service.post([{"meter": "A"}])


def test_waiting_for_a_service_that_is_not_there_can_be_stopped(free_port: Callable[[], int]) -> None:
    answers = iter([False, False, True])
    waiting = Service(f"http://127.0.0.1:{free_port()}", None, lambda: next(answers))
    with pytest.raises(Stopped):
        waiting.wait_ready()


def test_an_address_without_http_is_refused() -> None:
    with pytest.raises(DemoError, match="an example is http"):
        Service("localhost:8000", None, lambda: False)
