"""Processor seconds of other processes, as Linux counts them."""

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_PARENT, _USED = 1, slice(11, 15)


def spent(pid: int) -> float:
    """Seconds that a process, its children and those of its children that have ended used [s]."""
    stats = dict(_stats())
    family = [pid, *(child for child, stat in stats.items() if int(stat[_PARENT]) == pid)]
    own = sum(int(ticks) for each in family for ticks in stats[each][_USED][:2])
    return (own + sum(map(int, stats[pid][_USED][2:]))) / os.sysconf("SC_CLK_TCK")


def parent(pid: int) -> int:
    """Raises FileNotFoundError where the process is not on this machine."""
    return int(_fields(_PROC / str(pid))[_PARENT])


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
