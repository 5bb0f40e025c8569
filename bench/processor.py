"""Processor seconds of other processes, as Linux counts them."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

_PROC = Path("/proc")
_PARENT, _USED = 1, slice(11, 15)


def spent(pid: int) -> float:
    """Seconds that a process, its children and those of its children that have ended used [s]."""
    stats = dict(_stats())
    family = [pid, *(child for child, stat in stats.items() if int(stat[_PARENT]) == pid)]
    own = sum(int(ticks) for each in family for ticks in stats[each][_USED][:2])
    return (own + sum(map(int, stats[pid][_USED][2:]))) / os.sysconf("SC_CLK_TCK")


def postmaster(url: str) -> int | None:
    """The process whose children serve a database; None where it is not on this machine."""
    with psycopg.connect(url) as conn, suppress(FileNotFoundError):
        return int(_fields(_PROC / str(conn.info.backend_pid))[_PARENT])
    return None


def _stats() -> Iterator[tuple[int, list[str]]]:
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                yield int(folder.name), _fields(folder)
            except (FileNotFoundError, ProcessLookupError):
                continue


def _fields(folder: Path) -> list[str]:
    """Of its `stat`, from the state on."""
    return (folder / "stat").read_text().rpartition(")")[2].split()
