"""Work that takes longer than an answer may: each piece in a thread of its own, asked after by its id."""

import secrets
from collections import OrderedDict
from contextvars import copy_context
from threading import Event, Lock, Thread
from typing import Generic, Protocol, TypeVar


class Run(Protocol):
    """One piece of work."""

    @property
    def ended(self) -> Event:
        """Set when somebody wants no more of it."""
        ...

    @property
    def over(self) -> bool: ...

    def work(self) -> None:
        """Until it is over; raises nothing."""
        ...


R = TypeVar("R", bound=Run)


class Runs(Generic[R]):
    """The newest pieces of one kind of work; a few run at once."""

    def __init__(self, kind: str, kept: int = 50, at_once: int = 2) -> None:
        self._kind = kind
        self._kept = kept
        self._at_once = at_once
        self._runs: OrderedDict[str, R] = OrderedDict()
        self._lock = Lock()

    def begin(self, run: R) -> str | None:
        """Its id; None while as many run as may."""
        with self._lock:
            if self._busy(run):
                return None
            code = secrets.token_hex(8)
            self._runs[code] = run
            self._forget()
        asked = copy_context()  # of whoever asks: it may see what they may
        Thread(target=asked.run, args=(run.work,), name=f"{self._kind}-{code}", daemon=True).start()
        return code

    def _running(self) -> list[R]:
        return [run for run in self._runs.values() if not run.over]

    def _busy(self, run: R) -> bool:  # noqa: ARG002  # some kinds look whose it is
        """Whether as many run as may."""
        return len(self._running()) >= self._at_once

    def _forget(self) -> None:
        over = [code for code, run in self._runs.items() if run.over]
        for code in over[: max(len(self._runs) - self._kept, 0)]:
            del self._runs[code]

    def find(self, code: str) -> R | None:
        return self._runs.get(code)

    def end(self, code: str) -> None:
        """Let it answer with what it has."""
        run = self._runs.get(code)
        if run is not None:
            run.ended.set()

    def close(self) -> None:
        """Let all of them end."""
        for run in self._runs.values():
            run.ended.set()
