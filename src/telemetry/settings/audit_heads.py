"""How far the audit log went and when: noted in the data folder, apart from the database that keeps it."""

import os
import re
from datetime import datetime
from pathlib import Path

_FILE = "audit.heads"
_LINE = re.compile(r"\S+ (?P<number>\d+) (?P<hash>[0-9a-f]{64})")


def noted(folder: Path) -> dict[int, str]:
    """Number and hash of each head that was noted; a line that was torn off by a crash is passed over."""
    file = folder / _FILE
    if not file.exists():
        return {}
    found = map(_LINE.fullmatch, file.read_text("ascii").splitlines())
    return {int(line["number"]): line["hash"] for line in found if line}


def note(folder: Path, number: int, hash_: str, at: datetime) -> None:
    """Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / _FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(f"{at.isoformat(timespec='seconds')} {number} {hash_}\n")
        out.flush()
        os.fsync(out.fileno())
