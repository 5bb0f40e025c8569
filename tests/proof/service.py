"""A service in a process of its own, as a person would start it, that a test may kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import httpx

READY_S = 240.0


class Service:
    """`parkwatt serve` on a free port; output goes to a log beside its data."""

    def __init__(
        self, folder: Path, port: int, variables: Mapping[str, str], within: Sequence[str] = ()
    ) -> None:
        """`within`: a command that runs the one after it."""
        self.url = f"http://127.0.0.1:{port}"
        self.data = folder / "data"
        self._within = within
        self._variables = {
            **os.environ,
            "PARKWATT_DATA_DIR": str(self.data),
            "PARKWATT_PORT": str(port),
            **variables,
        }
        self._log: IO[bytes] = (folder / "service.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        awake = ["env", "--default-signal=INT"]  # whoever runs the tests in the background ignores Ctrl-C
        command = [*self._within, *awake, sys.executable, "-m", "telemetry.cli", "serve"]
        self._process = subprocess.Popen(command, env=self._variables, stdout=self._log, stderr=self._log)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a power cut would: no time to tidy up."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """As Ctrl-C would; returns the exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(30)

    def await_ready(self) -> float:
        """Seconds until it acknowledges again."""
        started = time.monotonic()
        while time.monotonic() - started < READY_S:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == httpx.codes.OK:
                    return time.monotonic() - started
            time.sleep(0.05)
        raise AssertionError(f"not ready within {READY_S:.0f} s; see {self._log.name}")

    def kill_database(self) -> bool:
        """Whether the embedded PostgreSQL ran, so that it could be killed."""
        for file in self.data.glob("postgres/*/postmaster.pid"):
            with suppress(ProcessLookupError, FileNotFoundError, IndexError):
                os.kill(int(file.read_text().splitlines()[0]), signal.SIGKILL)
                return True
        return False

    def log(self) -> str:
        return Path(self._log.name).read_text(encoding="utf-8")

    def close(self) -> None:
        self.kill()
        self._log.close()
