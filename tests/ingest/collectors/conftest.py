import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_BUSES = Path(__file__).parents[3] / "docs" / "buses.md"


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two pseudo-terminals that are the ends of one line; the kernel gives them no parity."""
    ends = (tmp_path / "here", tmp_path / "there")
    command = ["socat", *(f"pty,raw,echo=0,link={end}" for end in ends)]
    with subprocess.Popen(command) as process:
        try:
            deadline = time.monotonic() + 60
            while not all(end.exists() for end in ends):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield str(ends[0]), str(ends[1])
        finally:
            process.kill()


@pytest.fixture(scope="session")
def certify() -> Callable[[Path, str], None]:
    """Makes NAME.der and its key NAME.pem in a folder, by the command of docs/buses.md."""
    [command] = re.findall(r"^openssl (?:.*\\\n)*.*", _BUSES.read_text(encoding="utf-8"), re.MULTILINE)

    def make(folder: Path, name: str) -> None:
        words = shlex.split(command.replace("\\\n", " ").replace("parkwatt", name))
        subprocess.run(words, cwd=folder, check=True, capture_output=True)

    return make
