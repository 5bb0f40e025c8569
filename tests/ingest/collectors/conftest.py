import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two pseudo-terminals that are the ends of one line; the kernel gives them no parity."""
    ends = (tmp_path / "here", tmp_path / "there")
    command = ["socat", *(f"pty,raw,echo=0,link={end}" for end in ends)]
    with subprocess.Popen(command) as process:
        try:
            deadline = time.monotonic() + 20
            while not all(end.exists() for end in ends):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield str(ends[0]), str(ends[1])
        finally:
            process.kill()
