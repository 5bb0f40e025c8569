"""The search for the cheapest plan in a process of its own, behind all else: it holds up no reading."""

import os
import signal
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event, Thread

from accounting.plan.job import Aim, Horizon, Job
from accounting.plan.optimise import Effort, Progress, Solution, optimise
from telemetry.reports.errors import SearchBroken

_SPAWN = get_context("spawn")
_POLITE = 10
"""How far its process steps back for others."""
_LOOK_S = 0.1


def search(
    jobs: Sequence[Job], horizon: Horizon, aim: Aim, effort: Effort, tell: Callable[[Progress], None]
) -> Solution:
    """As `optimise`. Raises SearchBroken when the process ends without an answer."""
    ours, theirs = _SPAWN.Pipe()
    asked = (theirs, (jobs, horizon, aim), effort.seconds, effort.gap)
    process = _SPAWN.Process(target=_searched, args=asked, daemon=True)
    process.start()
    theirs.close()
    try:
        return _heard(ours, effort.ended, tell)
    except EOFError as error:
        process.join()
        raise SearchBroken(process.exitcode) from error
    finally:
        ours.close()
        process.join()


def _heard(pipe: Connection, ended: Event, tell: Callable[[Progress], None]) -> Solution:
    asked = False
    while True:
        if ended.is_set() and not asked:
            pipe.send(None)
            asked = True
        if pipe.poll(_LOOK_S):
            message = pipe.recv()
            if isinstance(message, Solution):
                return message
            tell(message)


def _searched(pipe: Connection, task: tuple[Sequence[Job], Horizon, Aim], seconds: float, gap: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_POLITE)
    effort = Effort(seconds, gap)
    Thread(target=_listen, args=(pipe, effort.ended), daemon=True).start()
    pipe.send(optimise(*task, effort, pipe.send))


def _listen(pipe: Connection, ended: Event) -> None:
    """Until somebody wants no more; without anybody to answer to it ends at once."""
    try:
        pipe.recv()
    except EOFError:
        os._exit(1)
    ended.set()
