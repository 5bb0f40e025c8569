"""The past of the demo park: five weeks of quarter hours, posted as a data logger would post its backlog."""

import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from telemetry.demo.faults import Faults
from telemetry.demo.instruments import Instruments
from telemetry.demo.memory import QUARTER_S, Memory
from telemetry.demo.service import Service

Row = Mapping[str, object]
_ROWS = 2000
_PROBE_S = 4 * QUARTER_S


def post_past(
    service: Service,
    *,
    instruments: Instruments,
    faults: Faults,
    memory: Memory,
    clock: Callable[[], float],
    say: Callable[[str], None],
) -> None:
    """Posts what the service lacks and notes it down day by day. Raises DemoError, Stopped."""
    service.wait_ready()
    if not _still_there(service, instruments, memory):
        memory.forget_posted()
    started, rows = time.monotonic(), 0
    stretches = memory.missing(clock())
    for done, (first, last) in enumerate(stretches, start=1):
        rows += _post_stretch(service, instruments, faults, first, last)
        memory.note_posted(first, last)
        memory.keep()
        if done % 5 == 0 or done == len(stretches):
            seconds = time.monotonic() - started
            say(f"past readings: day {done} of {len(stretches)}, {rows} rows, {seconds:.0f} s")


def _still_there(service: Service, instruments: Instruments, memory: Memory) -> bool:
    """Whether the service has what the diary says; a database may have been replaced."""
    if memory.posted_from_s is None:
        return False
    first = memory.posted_from_s
    meter = next(iter(instruments.by_code))
    return service.has_readings(meter, first, first + _PROBE_S)


def _post_stretch(service: Service, instruments: Instruments, faults: Faults, first: int, last: int) -> int:
    rows = list(past_rows(instruments, faults, first, last))
    for start in range(0, len(rows), _ROWS):
        service.post(rows[start : start + _ROWS])
    return len(rows)


def past_rows(instruments: Instruments, faults: Faults, first: int, last: int) -> Iterator[Row]:
    """Rows for POST /api/v1/readings at the quarter hours with first <= t < last [s]."""
    times = np.arange(first, last, QUARTER_S, dtype=np.float64)
    stamps = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t)) for t in times]
    course = instruments.simulation.course(times)
    for code in instruments.by_code:
        columns = instruments.past(code, times, course, faults)
        names = tuple(columns)
        lines = np.column_stack(list(columns.values())).tolist() if columns else []
        for stamp, line in zip(stamps, lines, strict=False):
            yield {"meter": code, "time": stamp, "values": dict(zip(names, line, strict=True))}
