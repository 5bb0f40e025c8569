"""A search in a process of its own: its answer, its end when it is asked to, and its end with the service."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from accounting.plan.job import Aim, Horizon, Job
from accounting.plan.optimise import Effort, Progress, Stage
from telemetry.reports.errors import SearchBroken
from telemetry.reports.plans.apart import search

_HOURS = 96 * 2
_NONE = 0.0
"""No plan is this near to its bound by search alone."""


def horizon(jobs: int) -> Horizon:
    price = np.random.default_rng(1).uniform(0.2, 1.4, _HOURS)
    return Horizon(
        price=price,
        carbon=np.full(_HOURS, 0.5),
        band=np.zeros(_HOURS, np.uint8),
        base=np.zeros(_HOURS),
        sun=np.zeros(_HOURS),
        limit_kw=100.0 * jobs / 5,
    )


def jobs(count: int) -> list[Job]:
    """All on lines of their own, and a contract demand for a fifth of them at once: hard to prove."""
    power = np.random.default_rng(2).uniform(40, 200, (count, 8))
    return [
        Job(code=f"J{at}", line=f"L{at}", power=power[at], earliest=0, deadline=_HOURS) for at in range(count)
    ]


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_it_answers_and_tells_how_far_it_is() -> None:
    told: list[Progress] = []
    found = search(jobs(2), horizon(20), Aim(), Effort(30.0, 0.01), told.append)
    assert set(found.placed) == {"J0", "J1"}
    assert found.gap <= 0.01
    assert told[0].stage is Stage.BOUND


def test_asked_to_end_it_answers_with_what_it_has() -> None:
    ended, begun = Event(), Event()

    def hear(progress: Progress) -> None:
        if progress.stage is not Stage.BOUND:
            begun.set()

    asking = Thread(target=lambda: (begun.wait(120), ended.set()))
    asking.start()
    found = search(jobs(30), horizon(30), Aim(), Effort(600.0, _NONE, ended), hear)
    asking.join()
    assert len(found.placed) == 30
    assert found.seconds < 500


def test_a_search_whose_process_is_killed_is_broken() -> None:
    def hear(_: Progress) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(SearchBroken, match="exit code -9"):
        search(jobs(30), horizon(30), Aim(), Effort(600.0, _NONE), hear)


def test_it_ends_with_the_service_however_that_ends(tmp_path: Path) -> None:
    script = tmp_path / "service.py"
    script.write_text(f"""
import multiprocessing, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
if __name__ == "__main__":
    from test_apart import Aim, Effort, horizon, jobs, search
    def hear(_):
        print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    search(jobs(30), horizon(30), Aim(), Effort(600.0, 0.0), hear)
""")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        child = int(service.stdout.readline())
        service.kill()
    try:
        until(lambda: not alive(child))
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
