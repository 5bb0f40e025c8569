"""A server that is started anew each time it ends by itself."""

import logging
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from telemetry.storage.errors import EmbeddedPostgresError

_LOG = logging.getLogger(__name__)
_PAUSE_S = 0.5
Launch = Callable[[], AbstractContextManager[subprocess.Popen[bytes]]]


@contextmanager
def kept(launch: Launch) -> Iterator[None]:
    """Runs what `launch` starts until the end of the block. Raises what the first start raises."""
    keeper = _Keeper(launch)
    try:
        yield
    finally:
        keeper.end()


class _Keeper:
    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._turn = ExitStack()
        self._server = self._turn.enter_context(launch())
        self._ending = threading.Event()
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="postgres keeper", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ending.set()
        with self._starting:
            self._turn.close()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ending.is_set():
            self._server.wait()
            with self._starting:
                if not self._ending.is_set():
                    self._restart()

    def _restart(self) -> None:
        _LOG.error("PostgreSQL ended by itself; it is started again")
        self._turn.close()
        try:
            self._server = self._turn.enter_context(self._launch())
        except EmbeddedPostgresError as error:
            # Its orphans may still hold the shared memory for a moment.
            _LOG.warning("%s; trying again", error)
            self._ending.wait(_PAUSE_S)
